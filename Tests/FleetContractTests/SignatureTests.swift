import Foundation
import MessengerContract
import Testing

@testable import FleetContract

extension Data {
  fileprivate func replacing(_ range: Range<Index>, with text: String) -> String {
    var changed = self
    changed.replaceSubrange(range, with: Data(text.utf8))
    return changed.base64EncodedString()
  }
}

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

  @Test func whatASignatureSaysOfItselfIsRead() throws {
    let blob = try #require(SignatureBlob(sign()))
    #expect(blob.namespace == "msg@office" && blob.hashAlgorithm == "sha512")
    let bytes = try #require(Data(base64Encoded: sign()))
    for count in 0..<bytes.count { #expect(SignatureBlob(bytes.prefix(count).base64EncodedString()) == nil) }
    #expect(SignatureBlob((bytes + [0]).base64EncodedString()) == nil)
    for text in ["A", "A===", "AAA\n", "AA==AA==", "ä"] { #expect(SignatureBlob(text) == nil) }
  }

  /// ssh-keygen prints the names that a signature has in it, and they could say that a file is missing.
  @Test func nobodyWritesAHindrance() throws {
    let bytes = try #require(Data(base64Encoded: sign()))
    let algorithm = try #require(bytes.range(of: Data("\0\0\0\u{6}sha512".utf8)))
    let forged = bytes.replacing(algorithm.lowerBound..<algorithm.upperBound, with: "\0\0\0\u{C}No such file")
    let error = #expect(throws: SignatureError.self) {
      try Signature.verify(forged, of: payload, by: helpdesk, for: office, signers: signers)
    }
    #expect(error?.isVerdict == true)
  }

  @Test func aProgramThatIsKilledComesToNoVerdict() throws {
    let signature = try sign()
    try FileManager.default.createDirectory(atPath: "\(folder)/bin", withIntermediateDirectories: true)
    let program = "\(folder)/bin/ssh-keygen"
    try "#!/bin/sh\nkill -9 $$\n".write(toFile: program, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let error = #expect(throws: SignatureError.self) {
      try Signature.verify(
        signature, of: payload, by: helpdesk, for: office, signers: signers, program: program)
    }
    #expect(error?.isVerdict == false)
  }

  /// With -q, ssh-keygen itself says nothing of a key that isn't allowed.
  @Test func aVerdictSaysWhy() throws {
    func verdict(on signature: String, of payload: [UInt8]) -> String? {
      do throws(SignatureError) {
        try Signature.verify(signature, of: payload, by: helpdesk, for: office, signers: signers)
        return nil
      } catch { return error.isVerdict ? error.description : nil }
    }
    let beginning = "the signature of helpdesk for office is not valid: "
    #expect(verdict(on: "", of: payload) == beginning + "it is not signed")
    #expect(
      verdict(on: try sign("other"), of: payload)
        == beginning + "no key of helpdesk in \(signers) has signed it for office")
    let altered = try #require(verdict(on: sign(), of: payload + [33]))
    #expect(altered.hasPrefix(beginning + "Signature verification failed"))
  }

  @Test func anErrorNamesTheKey() throws {
    let error = try #require(throws: SignatureError.self) { try sign("missing") }
    #expect(error.description == "can't sign with \(folder)/missing: No such file or directory")
    #expect(error.code == .invalidArgument && error.reason == "No such file or directory" && !error.isVerdict)
  }

  @Test func aKeyThatOthersCanReadIsNoBannerOfSevenLines() throws {
    chmod("\(folder)/helpdesk", 0o644)
    let error = try #require(throws: SignatureError.self) { try sign() }
    #expect(error.reason == "others can read it: chmod 600 \(folder)/helpdesk" && error.code == .invalidArgument)
  }

  @Test func whatIsNoKeyIsSaidSo() throws {
    try "garbage".write(toFile: "\(folder)/garbage", atomically: true, encoding: .utf8)
    chmod("\(folder)/garbage", 0o600)
    #expect(try #require(throws: SignatureError.self) { try sign("garbage") }.reason == "it is no key of ssh-keygen(1)")
  }

  @Test func aPublicKeyWithoutItsPrivateOne() throws {
    unlink("\(folder)/other")
    let error = try #require(throws: SignatureError.self) { try sign("other.pub") }
    #expect(error.reason == "its private key is in no file that can be read, nor in the agent: see ssh-add -l")
  }

  @Test func aLongPayloadIsSigned() throws {
    let long = [UInt8](repeating: 65, count: 1 << 20)
    let signature = try Signature.sign(long, for: office, key: "\(folder)/helpdesk")
    try Signature.verify(signature, of: long, by: helpdesk, for: office, signers: signers)
  }

  /// SIGPIPE would end this process. Blocked, it is pending even if it is ignored.
  @Test func aProgramThatReadsNothingSendsNoSignal() throws {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    var mask = sigset_t()
    pthread_sigmask(SIG_BLOCK, &signals, &mask)
    defer { pthread_sigmask(SIG_SETMASK, &mask, nil) }
    let input = [UInt8](repeating: 65, count: 1 << 20)
    let result = try ChildProgram.run(["echo", "done"], input: input, within: .seconds(30))
    #expect(result.status == 0 && result.output == Array("done\n".utf8))
    var now = timespec()
    #expect(sigtimedwait(&signals, nil, &now) == -1 && errno == EAGAIN)
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
