import CDBus
import MessengerContract
import Testing
import TestSupport

@testable import MessengerClient

/// The calls besides `Send`, on a real bus.
@Suite(.timeLimit(.minutes(1))) struct QuestionTests {
  @Test func sessionsAreRead() throws {
    let sessions = try ask("ListSessions", { try $0.sessions() }) { arguments in
      try arguments.array(of: "(susssa{sv})") { array in
        try array.session("42", 1001, "bob", ":1", "active") { details in
          let texts = [
            "type": "wayland", "class": "user", "seat": "seat0", "tty": "tty2", "display": ":1", "desktop": "gnome",
            "remote-host": "laptop", "host": "web1", "real-name": "Bob Ünsal", "created": "2026-01-02T03:04:05Z",
          ]
          for (key, text) in texts { try details.entry(key, "s") { try $0.string(text) } }
          for key in ["graphical", "remote", "idle", "locked"] { try details.entry(key, "b") { try $0.boolean(true) } }
          try details.entry("new-in-2.0", "as") { try $0.array(of: "s") { try $0.string("x") } }
        }
        try array.session("c1", 0, "root", "", "closing")
      }
    }
    var bob = Session(id: "42", uid: 1001, userName: "bob", name: ":1", state: "active")
    (bob.type, bob.sessionClass, bob.seat, bob.tty, bob.display) = ("wayland", "user", "seat0", "tty2", ":1")
    (bob.desktop, bob.remoteHost, bob.host) = ("gnome", "laptop", "web1")
    (bob.realName, bob.created) = ("Bob Ünsal", "2026-01-02T03:04:05Z")
    (bob.isGraphical, bob.isRemote, bob.isIdle, bob.isLocked) = (true, true, true, true)
    #expect(sessions == [bob, Session(id: "c1", uid: 0, userName: "root", name: "", state: "closing")])
  }

  /// Each flag alone, because all of them at once would not distinguish one from the other.
  @Test func flagIsItsOwn() throws {
    let flags: [(String, WritableKeyPath<Session, Bool>)] = [
      ("graphical", \.isGraphical), ("remote", \.isRemote), ("idle", \.isIdle), ("locked", \.isLocked),
    ]
    for (key, flag) in flags {
      let answer = try BusMessage.answer()
      try answer.write {
        try $0.session("1", 1, "bob", "", "active") { try $0.entry(key, "b") { try $0.boolean(true) } }
      }
      var expected = Session(id: "1", uid: 1, userName: "bob", name: "", state: "active")
      expected[keyPath: flag] = true
      #expect(try answer.read { try Session(from: &$0) } == expected)
    }
  }

  @Test func deliveriesAreRead() throws {
    let deliveries = try ask("GetDeliveries", id: 7, { try $0.deliveries(of: 7) }) { arguments in
      try arguments.array(of: "(ssusa{sv})") { try $0.delivery("2", "bob", 1001, "dismissed") }
    }
    #expect(deliveries == [Delivery(sessionID: "2", userName: "bob", uid: 1001, state: .dismissed)])
  }

  @Test func withdrawalIsAskedFor() throws {
    try ask("Withdraw", id: .max, { try $0.withdraw(.max) }) { _ in }
  }

  @Test(arguments: [true, false]) func choiceIsToldAndRead(_ isMuted: Bool) throws {
    let check: @Sendable (BusMessage) throws -> Void = { call in
      let argument = try call.read { try $0.boolean() }
      #expect(argument == isMuted)
    }
    try ask("SetMuted", { try $0.setMuted(isMuted) }, check: check) { _ in }
    #expect(try ask("GetMuted", { try $0.isMuted() }) { try $0.boolean(isMuted) } == isMuted)
  }

  @Test func propertiesAreRead() throws {
    let properties = try ask("GetAll", of: DBUS_INTERFACE_PROPERTIES, { try $0.properties() }) { arguments in
      try arguments.array(of: "{sv}") { array in
        try array.entry("Version", "s") { try $0.string("1.2.3") }
        try array.entry("MaximumBodyLength", "u") { try $0.uint32(4096) }
        try array.entry("DefaultTimeout", "u") { try $0.uint32(60) }
        try array.entry("NewIn2", "b") { try $0.boolean(true) }
      }
    }
    #expect(properties == ServiceProperties(version: "1.2.3", defaultTimeout: 60, maximumBodyLength: 4096))
  }

  @Test func missingPropertyIsAnError() {
    #expect(throws: ClientError.malformedAnswer("the property Version is missing")) {
      try ask("GetAll", of: DBUS_INTERFACE_PROPERTIES, { try $0.properties() }) { try $0.array(of: "{sv}") { _ in } }
    }
  }

  /// The bus passes the flag on, and so does the service to polkit.
  @Test(arguments: [true, false]) func leaveToAskForAPasswordIsGivenOnRequest(_ allowsInteraction: Bool) throws {
    for method in ["Send", "Withdraw"] {
      let bus = try TestBus()
      let service = TestService(on: bus, to: method) { connection, call in
        #expect(call.allowsInteraction == allowsInteraction)
        try connection.send(.error("org.msgd.Error.Failed", "seen", to: call))
      }
      var client = Client(address: bus.address)
      client.allowsInteraction = allowsInteraction
      #expect(throws: MessengerError(.failed, "seen")) {
        if method == "Send" { _ = try client.send(to: ["bob"], body: "hi") } else { try client.withdraw(8) }
      }
      service.waitForEnd()
    }
  }

  @Test func refusalIsTheContracts() throws {
    let bus = try TestBus()
    let service = TestService(on: bus, to: "Withdraw") { connection, call in
      try connection.send(.error("org.msgd.Error.NoSuchMessage", "message 8 is not known", to: call))
    }
    #expect(throws: MessengerError(.noSuchMessage, "message 8 is not known")) {
      try Client(address: bus.address).withdraw(8)
    }
    service.waitForEnd()
  }

  /// Returns the client's result for an answer whose arguments `write` appends. The call must be of that method, with
  /// that id.
  private func ask<Answer>(
    _ method: String, of interface: String = Messenger.interface, id: UInt64? = nil,
    _ question: (Client) throws -> Answer, check: @escaping @Sendable (BusMessage) throws -> Void = { _ in },
    write: @escaping @Sendable (inout ArgumentWriter) throws -> Void
  ) throws -> Answer {
    let bus = try TestBus()
    let service = TestService(on: bus, to: method, of: interface) { connection, call in
      if let id { #expect(try call.read { try $0.uint64() } == id) }
      try check(call)
      let answer = try BusMessage.answer(to: call)
      try answer.write(write)
      try connection.send(answer)
    }
    defer { service.waitForEnd() }
    return try question(Client(address: bus.address))
  }
}
