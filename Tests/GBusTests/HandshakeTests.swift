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

  @Test func theBusSaysWhoItIs() {
    let id = "0123456789abcdef0123456789abcdef"
    var handshake = Handshake()
    #expect(handshake.receive("DATA\r\nOK \(id)\r\n".utf8) == .accepted(id: id))
  }
}
