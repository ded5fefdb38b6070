import FleetContract
import MessengerContract
import PlainJSON
import Testing

@testable import FleetSender

@Suite struct SenderRequestTests {
  private func read(_ text: String) throws -> SenderRequest { try SenderRequest(Array(text.utf8)) }

  private func life(_ options: String) throws -> Int64? {
    try read(#"{"do":"send","fleet":"office","recipients":["*"],"body":"x","options":\#(options)}"#).life
  }

  @Test func aMessageIsRead() throws {
    let request = try read(
      #"{"do":"send","fleet":"office","machine":"pc7","recipients":["a"],"body":"x","#
        + #""options":{"wait":true,"timeout":5},"wait":true,"connect-timeout":3}"#)
    #expect(request.machine == FleetName("pc7") && request.waits && request.connectTimeout == .seconds(3))
    #expect(request.verb == .send(recipients: ["a"], body: "x", options: SendOptions(timeout: 5)))
  }

  @Test func aMessageLivesAsLongAsItIsOfUse() throws {
    #expect(try life("{}") == 60 && life(#"{"timeout":5}"#) == 5 && life(#"{"timeout":5,"hold":600}"#) == 600)
    #expect(try life(#"{"timeout":0}"#) == FleetMessage.longestLife)
    #expect(try life(#"{"hold":4000000}"#) == FleetMessage.longestLife)
  }

  @Test(arguments: [
    "", "{}", #"{"fleet":"o"}"#, #"{"fleet":"o","do":"eat"}"#, #"{"fleet":"o","do":"withdraw","message":"12"}"#,
    #"{"fleet":"o","do":"sessions","machine":"a/b"}"#, #"{"fleet":"o","do":"send"}"#,
    #"{"fleet":"o","do":"send","recipients":[],"body":"","options":{"timeout":"x"}}"#,
  ])
  func whatIsNoneIsRefused(_ text: String) {
    #expect(throws: MessengerError.self) { try read(text) }
  }

  @Test func presenceIsReadAsItIsWritten() throws {
    let office = try #require(FleetName("office"))
    for presence in [
      Presence(isOnline: true, since: 5, agentVersion: "1", fleets: [office]),
      Presence(isOnline: false, since: 5, agentVersion: "1"),
      Presence(isOnline: false, since: 5, hasLeft: true, agentVersion: "\"1\""),
    ] {
      #expect(Presence(payload: presence.jsonText) == presence)
    }
    #expect(Presence(payload: Presence(isOnline: true, since: .max, agentVersion: "1").jsonText) == nil)
    #expect(Presence(payload: Array(#"{"v":2,"state":"online","since":1,"agent":""}"#.utf8)) == nil)
  }

  @Test func aReceiptsHeadIsRead() throws {
    var random = SystemRandomNumberGenerator()
    let id = MessageID(at: 5, using: &random)
    let delivery = Delivery(sessionID: "3", userName: "alice", uid: 1, state: .shown)
    let receipt = MachineReceipt(id: id, at: 1, number: 4, stage: .sent, deliveries: [delivery], isFinal: true)
    let payload = receipt.jsonText
    let head = try #require(ReceiptHead(payload, of: id))
    #expect(head.stage == .sent && head.number == 4 && head.isFinal)
    #expect(ReceiptHead(payload, of: MessageID(at: 6, using: &random)) == nil)
    #expect(ReceiptHead(payload.dropLast(), of: id) == nil)
    #expect(ReceiptHead(payload + [UInt8](repeating: 32, count: ReceiptHead.longest), of: id) == nil)
  }
}

extension ReceiptHead {
  fileprivate init?(_ payload: ArraySlice<UInt8>, of id: MessageID) { self.init(Array(payload), of: id) }
}
