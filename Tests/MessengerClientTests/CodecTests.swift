import MessengerContract
import Testing

@testable import MessengerClient

/// Messages made and read without a bus.
@Suite struct CodecTests {
  @Test func sendCarriesEverything() throws {
    let replies = [Reply(key: "yes", label: "Yes, 5 minutes"), Reply(key: "no", label: "No")]
    let options = SendOptions(
      timeout: 5, title: "Tïtle", wait: true, urgency: .low, icon: "face-smile", replies: replies, later: [600, 3600],
      until: 1 << 40, ask: "Röom?", choices: ["A", ""])
    let message = try SendRequest(recipients: ["bob", "*"], body: "Grüße\n👋", options: options).message()
    #expect(message.signature == "assa{sv}")
    #expect(message.isCall("Send", of: Messenger.interface))
    try message.read { reader in
      #expect(try reader.array { try $0.string() } == ["bob", "*"])
      #expect(try reader.string() == "Grüße\n👋")
      var found: [String: String] = [:]
      try reader.dictionary { key, value in
        switch key {
        case "timeout": found[key] = "\(try value.uint32())"
        case "wait": found[key] = "\(try value.boolean())"
        case "later": found[key] = "\(try value.array { try $0.uint32() })"
        case "until": found[key] = "\(try value.uint64())"
        case "replies":
          found[key] = ""
          #expect(try value.array { try $0.reply() } == replies)
        case "choices": found[key] = try value.array { try $0.string() }.joined(separator: "|")
        default: found[key] = try value.string()
        }
      }
      #expect(
        found == [
          "timeout": "5", "title": "Tïtle", "wait": "true", "urgency": "low", "icon": "face-smile", "replies": "",
          "later": "[600, 3600]", "until": "1099511627776",
          "ask": "Röom?",
          "choices": "A|",
        ])
    }
  }

  @Test func whatIsNotSaidIsNotSent() throws {
    let message = try SendRequest(recipients: [], body: "", options: SendOptions()).message()
    try message.read { reader in
      #expect(try reader.array { try $0.string() }.isEmpty)
      #expect(try reader.string() == "")
      try reader.dictionary { key, _ in Issue.record("\(key) was sent") }
    }
  }

  @Test func textThatTheBusCannotCarryIsRefused() {
    let requests = [
      ("recipient", SendRequest(recipients: ["a", "b\0"], body: "", options: SendOptions())),
      ("message", SendRequest(recipients: ["a"], body: "b\0", options: SendOptions())),
      ("title", SendRequest(recipients: ["a"], body: "", options: SendOptions(title: "b\0"))),
      ("icon", SendRequest(recipients: ["a"], body: "", options: SendOptions(icon: "b\0"))),
      ("reply's key", SendRequest(recipients: ["a"], body: "", options: SendOptions(reply: "b\0", "c"))),
      ("reply's label", SendRequest(recipients: ["a"], body: "", options: SendOptions(reply: "b", "c\0"))),
      ("ask", SendRequest(recipients: ["a"], body: "", options: SendOptions(ask: "b\0"))),
      ("choice", SendRequest(recipients: ["a"], body: "", options: SendOptions(choices: ["b\0"]))),
    ]
    for (name, request) in requests {
      let error = MessengerError(.invalidArgument, "the \(name) contains a null character (byte 2)")
      #expect(throws: error) { try request.message() }
    }
  }

  @Test func tooMuchTextIsRefused() {
    let body = String(repeating: "x", count: SendRequest.maximumSize)
    #expect(throws: Never.self) { try SendRequest(recipients: [], body: body, options: SendOptions()).message() }
    #expect(throws: MessengerError(.limitExceeded, "the message is longer than 1048576 bytes")) {
      try SendRequest(recipients: ["a"], body: body, options: SendOptions()).message()
    }
  }

  @Test(arguments: ["", "no-dot", "a..b", "ü.x", "a.b c"])
  func invalidNameIsAnError(_ name: String) {
    #expect(throws: BusError.self) { try BusMessage(destination: name, path: "/", interface: "a.b", method: "C") }
    #expect(throws: BusError.self) { try BusMessage(destination: "a.b", path: name, interface: "a.b", method: "C") }
    #expect(throws: BusError.self) { try BusMessage(destination: "a.b", path: "/", interface: name, method: "C") }
    #expect(throws: BusError.self) {
      try BusMessage(destination: "a.b", path: "/", interface: "a.b", method: "a.\(name)")
    }
  }

  @Test func answerIsRead() throws {
    let answer = try BusMessage.answer()
    try answer.write { writer in
      try writer.uint64(.max)
      try writer.array(of: "(ssusa{sv})") { array in
        try array.delivery("2", "bob", 1001, "acknowledged") { details in
          try details.entry("session-name", "s") { try $0.string(":2") }
          try details.entry("user-name", "s") { try $0.string("bob") }
          try details.entry("elapsed", "d") { try $0.double(1.5) }
          try details.entry("reply", "s") { try $0.string("yes") }
          try details.entry("returns", "t") { try $0.uint64(9) }
          try details.entry("deferrals", "u") { try $0.uint32(2) }
          try details.entry("text", "s") { try $0.string("Röom 4") }
          try details.entry("new-in-2.0", "u") { try $0.uint32(1) }
        }
        try array.delivery("", "eve", .max, "failed") { details in
          try details.entry("error-message", "s") { try $0.string("nobody") }
          try details.entry("error", "s") { try $0.string("org.msgd.Error.NoSuchRecipient") }
        }
      }
    }
    let bob = DeliveryDetails(
      sessionName: ":2", userName: "bob", elapsed: 1.5, reply: "yes", text: "Röom 4", returns: 9, deferrals: 2)
    let eve = DeliveryDetails(error: MessengerError(.noSuchRecipient, "nobody"))
    let receipt = try Receipt(from: answer)
    #expect(receipt.id == .max)
    #expect(
      receipt.deliveries == [
        Delivery(sessionID: "2", userName: "bob", uid: 1001, state: .acknowledged, details: bob),
        Delivery(sessionID: "", userName: "eve", uid: Messenger.noUID, state: .failed, details: eve),
      ])
  }

  @Test(arguments: DeliveryState.allCases)
  func changeIsRead(_ state: DeliveryState) throws {
    let changes = try DeliveryChanges(from: .change(to: nil, session: "3", state: state.rawValue))
    let details = DeliveryDetails(sessionName: "tty3")
    #expect(
      changes
        == DeliveryChanges(
          messageID: 7,
          deliveries: [Delivery(sessionID: "3", userName: "bob", uid: 1001, state: state, details: details)]))
  }

  @Test func errorOfNoKnownNameStaysAnError() throws {
    let answer = try BusMessage.answer()
    try answer.write {
      try $0.array(of: "{sv}") { try $0.entry("error", "s") { try $0.string("com.example.Odd") } }
    }
    var details = DeliveryDetails()
    try answer.read { try $0.fields(into: &details) }
    #expect(details.error == MessengerError(.failed, "com.example.Odd"))
  }
}
