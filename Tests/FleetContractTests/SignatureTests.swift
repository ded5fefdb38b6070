import Foundation
import Testing

@testable import FleetContract

@Suite struct SignatureTests {
  private let folder: String
  private let office: FleetName
  private let helpdesk: FleetName
  private let payload = Array("Fire drill".utf8)

  init() throws {
    office = try #require(FleetName("office"))
    helpdesk = try #require(FleetName("helpdesk"))
    folder = NSTemporaryDirectory() + "signatures-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["helpdesk", "other"] {
      let made = try ChildProgram.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", "\(folder)/\(name)"], input: [],
        within: .seconds(30))
      try #require(made.status == 0)
    }
    let key = try String(contentsOfFile: "\(folder)/helpdesk.pub", encoding: .utf8)
    try allow(#"helpdesk namespaces="msg@office" \#(key)"#)
  }

  private var signers: String { "\(folder)/allowed_signers" }

  private func allow(_ line: String) throws { try line.write(toFile: signers, atomically: true, encoding: .utf8) }

  private func sign(_ key: String = "helpdesk", for fleet: FleetName? = nil) throws -> String {
    try Signature.sign(payload, for: fleet ?? office, key: "\(folder)/\(key)")
  }

  @Test func aSignatureCounts() throws {
    try Signature.verify(sign(), of: payload, by: helpdesk, for: office, signers: signers)
  }

  @Test func anotherTextDoesNot() throws {
    let signature = try sign()
    #expect(throws: SignatureError.self) {
      try Signature.verify(signature, of: payload + [33], by: helpdesk, for: office, signers: signers)
    }
  }

  @Test func anotherFleetDoesNot() throws {
    let shop = try #require(FleetName("shop"))
    let signature = try sign(for: shop)
    for fleet in [shop, office] {
      #expect(throws: SignatureError.self) {
        try Signature.verify(signature, of: payload, by: helpdesk, for: fleet, signers: signers)
      }
    }
  }

  @Test func anotherSenderDoesNot() throws {
    let mallory = try #require(FleetName("mallory"))
    let signature = try sign()
    #expect(throws: SignatureError.self) {
      try Signature.verify(signature, of: payload, by: mallory, for: office, signers: signers)
    }
  }

  @Test func anotherKeyDoesNot() throws {
    let signature = try sign("other")
    #expect(throws: SignatureError.self) {
      try Signature.verify(signature, of: payload, by: helpdesk, for: office, signers: signers)
    }
  }

  @Test(arguments: ["", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n", "x"])
  func whatIsNoSignatureDoesNot(_ text: String) {
    #expect(throws: SignatureError.self) {
      try Signature.verify(text, of: payload, by: helpdesk, for: office, signers: signers)
    }
  }

  @Test func anExpiredKeyDoesNot() throws {
    let signature = try sign()
    let key = try String(contentsOfFile: "\(folder)/helpdesk.pub", encoding: .utf8)
    try allow(#"helpdesk namespaces="msg@office",valid-before="20200101" \#(key)"#)
    #expect(throws: SignatureError.self) {
      try Signature.verify(signature, of: payload, by: helpdesk, for: office, signers: signers)
    }
  }

  /// A message must not be lost because its signature can't be checked now.
  @Test func onlyAVerdictIsOne() throws {
    let signature = try sign()
    func isVerdict(signers: String, _ payload: [UInt8]) -> Bool? {
      do throws(SignatureError) {
        try Signature.verify(signature, of: payload, by: helpdesk, for: office, signers: signers)
        return nil
      } catch { return error.isVerdict }
    }
    #expect(isVerdict(signers: signers, payload) == nil)
    #expect(isVerdict(signers: signers, payload + [33]) == true)
    #expect(isVerdict(signers: "\(folder)/missing", payload) == false)
    try allow("somebody ssh-ed25519 AAAA")
    #expect(isVerdict(signers: signers, payload) == true)
  }

  @Test func anErrorNamesTheKey() {
    let error = #expect(throws: SignatureError.self) { try sign("missing") }
    #expect(error?.description.contains("\(folder)/missing") == true)
  }

  @Test func aLongPayloadIsSigned() throws {
    let long = [UInt8](repeating: 65, count: 1 << 20)
    let signature = try Signature.sign(long, for: office, key: "\(folder)/helpdesk")
    try Signature.verify(signature, of: long, by: helpdesk, for: office, signers: signers)
  }

  @Test func aProgramThatHangsIsEnded() {
    let error = #expect(throws: SignatureError.self) {
      _ = try ChildProgram.run(["sleep", "1000"], input: [], within: .milliseconds(100))
    }
    #expect(error?.description.contains("took longer") == true)
  }

  @Test func aProgramThatIsMissingIsNamed() {
    let error = #expect(throws: SignatureError.self) {
      _ = try ChildProgram.run(["/missing/program"], input: [], within: .seconds(1))
    }
    #expect(error?.description.contains("/missing/program: No such file") == true)
  }
}
