import Testing

@testable import GBus

@Suite struct HandshakeTests {
  @Test(
    arguments: [
      ("DATA\r\nOK 1\r\n", true), ("REJECTED EXTERNAL\r\n", false), ("DATA\r\nERROR\r\n", false), ("\0", false),
      ("DATA\r\nOK 1\r\nx", false), ("DATA" + String(repeating: "x", count: 1024), false),
    ]) func handshake(_ answer: String, _ isAccepted: Bool)
  {
    var whole = Handshake()
    #expect((whole.receive(answer.utf8) == .accepted(id: nil)) == isAccepted)
    guard isAccepted else { return }
    var bytewise = Handshake()
    #expect(answer.utf8.map { bytewise.receive([$0]) }.last == .accepted(id: nil))
  }

  @Test(
    arguments: [
      ("DATA\r\nOK 1\r\nAGREE_UNIX_FD\r\n", true), ("DATA\r\nOK 1\r\nERROR\r\n", false),
      ("DATA\r\nOK 1\r\nERROR \"no\"\r\n", false), ("DATA\r\nOK 1\r\nAGREE\r\n", nil),
      ("DATA\r\nOK 1\r\n\r\n", nil), ("DATA\r\nOK 1\r\nAGREE_UNIX_FD\r\nx", nil), ("REJECTED EXTERNAL\r\n", nil),
    ] as [(String, Bool?)])
  func descriptorsPassWhereTheBusAgrees(_ answer: String, _ agrees: Bool?) {
    var whole = Handshake(forDescriptors: true)
    let isAccepted = whole.receive(answer.utf8) == .accepted(id: nil)
    #expect((isAccepted ? whole.passesDescriptors : nil) == agrees)
    guard isAccepted else { return }
    var bytewise = Handshake(forDescriptors: true)
    let progress = answer.utf8.map { bytewise.receive([$0]) }
    #expect(progress.dropLast().allSatisfy { $0 == .incomplete } && progress.last == .accepted(id: nil))
    #expect(bytewise.passesDescriptors == agrees)
  }

  @Test func theBusSaysWhoItIs() {
    let id = "0123456789abcdef0123456789abcdef"
    var handshake = Handshake()
    #expect(handshake.receive("DATA\r\nOK \(id)\r\n".utf8) == .accepted(id: id))
  }
}
