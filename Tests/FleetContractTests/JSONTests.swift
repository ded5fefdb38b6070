import MessengerContract
import PlainJSON
import Testing

@testable import FleetContract

@Suite struct JSONTests {
  private static let id = "018f3c2e-7a10-7b3c-9def-0123456789ab"

  private func message(_ request: FleetRequest) throws -> FleetMessage {
    FleetMessage(
      id: try #require(MessageID(Self.id)), sender: try #require(FleetName("helpdesk")), sent: 1000, expires: 1060,
      fleet: try #require(FleetName("office")), request: request)
  }

  private static let options = SendOptions(
    timeout: 60, title: "Fire \"drill\"", wait: true, urgency: .critical,
    replies: [Reply(key: "yes", label: "Ja/Nein")],
    later: [600, 60], until: 1_000_000_000_000, choices: ["a", "b"], hold: 3600)

  @Test(arguments: [
    FleetRequest.send(recipients: ["*"], body: "Line 1\nLine 2 \u{1F600}", options: options),
    .send(recipients: [], body: "", options: SendOptions()),
    .withdraw(MessageID(id)!), .status(MessageID(id)!), .sessions,
  ])
  func messagesAreReadAsTheyAreWritten(_ request: FleetRequest) throws {
    var message = try message(request)
    #expect(try FleetMessage(jsonText: message.jsonText) == message)
    message.machine = FleetName("pc7")
    #expect(try FleetMessage(jsonText: message.jsonText) == message)
  }

  @Test func aMessageIsWrittenLikeThis() throws {
    let bytes = try message(.send(recipients: ["*"], body: "hi", options: SendOptions(timeout: 5))).jsonText
    #expect(
      String(decoding: bytes, as: UTF8.self) == """
        {"body":"hi","do":"send","expires":1060,"fleet":"office","id":"\(Self.id)","options":{"timeout":5},\
        "recipients":["*"],"sender":"helpdesk","sent":1000,"v":1}
        """)
  }

  @Test(arguments: [
    ("", "no JSON"), ("[]", ""), (#"{"v":2}"#, "version 2"), (#"{"v":1}"#, "'id' is missing"),
    (#"{"v":1,"id":"x"}"#, "id"),
    (
      #"{"v":1,"id":"018f3c2e-7a10-7b3c-9def-0123456789ab","sender":"a/b","sent":1,"expires":2,"fleet":"f"}"#, "sender"
    ),
    (
      #"""
      {"v":1,"id":"018f3c2e-7a10-7b3c-9def-0123456789ab","sender":"a","sent":1,"expires":2,"fleet":"f","do":"send",\#
      "recipients":["*"],"body":"","options":{"colour":"red"}}
      """#, "no option 'colour'"
    ),
    (
      #"""
      {"v":1,"id":"018f3c2e-7a10-7b3c-9def-0123456789ab","sender":"a","sent":1,"expires":2,"fleet":"f","do":"send",\#
      "recipients":["*"],"body":"","options":{"timeout":-1}}
      """#, ""
    ),
  ])
  func whatIsNoMessageIsNamed(_ text: String, _ part: String) throws {
    let error = #expect(throws: JSONError.self) {
      try FleetMessage(jsonText: text.utf8)
    }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
  }

  @Test func receiptsAreReadAsTheyAreWritten() throws {
    var session = Session(id: "3", uid: 1000, userName: "alice", name: "seat0", state: "active")
    session.isGraphical = true
    let receipt = MachineReceipt(
      id: try #require(MessageID(Self.id)), at: 5, number: 2, stage: .refused,
      deliveries: [
        Delivery(
          sessionID: "3", userName: "alice", uid: 1000, state: .acknowledged,
          details: DeliveryDetails(elapsed: 1.5, reply: "yes", by: .popup)),
        Delivery(
          sessionID: "", userName: "bob", uid: Messenger.noUID, state: .failed,
          details: DeliveryDetails(error: MessengerError(.noSuchRecipient, "bob?"))),
      ], sessions: [session], error: MessengerError(.notAuthorized, "no"), isFinal: true)
    #expect(try MachineReceipt(jsonText: receipt.jsonText) == receipt)
  }

  @Test func aReceiptOfANewerMachineMaySayMore() throws {
    let text =
      #"{"v":1,"id":"\#(Self.id)","at":5,"number":0,"stage":"sent","new":1,"deliveries":[["3","a",1,"shown",{"x":1}]]}"#
    let receipt = try MachineReceipt(jsonText: text.utf8)
    #expect(receipt.deliveries == [Delivery(sessionID: "3", userName: "a", uid: 1, state: .shown)])
  }

  @Test(arguments: [
    Presence(isOnline: true, since: 7, agentVersion: "1.0"), Presence(isOnline: false, since: 7, agentVersion: "1.0"),
    Presence(isOnline: false, since: 7, hasLeft: true, agentVersion: "1.0"),
  ])
  func presenceIsReadAsItIsWritten(_ presence: Presence) throws {
    #expect(try Presence(jsonText: presence.jsonText) == presence)
  }
}
