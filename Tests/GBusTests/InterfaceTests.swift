import Foundation
import TestSupport
import Testing

@testable import GBus

/// Exported interfaces, signals and names, on a real bus.
@Suite(.timeLimit(.minutes(1))) struct InterfaceTests {
  @Test func callIsAnswered() async throws {
    try await Self.withEcho { server, client in
      let answer = try await client.call(Echo.at(server), "Echo", [.strings(["a", "b"])], deadline: .patient)
      #expect(answer == [.strings(["a", "b"]), .string(client.uniqueName)])
    }
  }

  @Test(
    arguments: [
      ("named", .remote(name: "org.example.Error.Refused", message: "because")),
      ("remote", .remote(name: "org.example.Error.Passed", message: "on")),
      ("nameless", .remote(name: "org.freedesktop.DBus.Error.Failed", message: "")),
      ("other", .remote(name: "org.freedesktop.DBus.Error.Failed", message: "")),
    ] as [(String, BusError)])
  func errorOfAHandlerIsTold(_ kind: String, _ expected: BusError) async throws {
    try await Self.withEcho { server, client in
      let error = await #expect(throws: BusError.self) {
        try await client.call(Echo.at(server), "Fail", [.string(kind)], deadline: .patient)
      }
      guard case .remote(let name, let message) = error, case .remote(name, let text) = expected else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(text.isEmpty || message == text)
    }
  }

  @Test(
    arguments: [
      ("Echo", [.string("a")], "InvalidArgs"), ("Echo", [], "InvalidArgs"), ("Nothing", [], "UnknownMethod"),
      ("Forgotten", [], "UnknownMethod"),
    ] as [(String, [Value], String)])
  func wrongCallIsRefused(_ method: String, _ arguments: [Value], _ error: String) async throws {
    try await Self.withEcho { server, client in
      await Self.expect(error) {
        try await client.call(Echo.at(server), method, arguments, deadline: .patient)
      }
    }
  }

  @Test func propertiesAreRead() async throws {
    try await Self.withEcho { server, client in
      let properties = Echo.at(server, interface: "org.freedesktop.DBus.Properties")
      let version = try await client.call(
        properties, "Get", [.string(Echo.name), .string("Version")], deadline: .patient)
      #expect(version == [.variant(.string("1"))])
      let all = try await client.call(properties, "GetAll", [.string(Echo.name)], deadline: .patient)
      #expect(all == [.dictionary(["Version": .string("1")])])
      for (name, error) in [("Nothing", "UnknownProperty"), ("Forgotten", "UnknownProperty")] {
        await Self.expect(error) {
          try await client.call(properties, "Get", [.string(Echo.name), .string(name)], deadline: .patient)
        }
      }
    }
  }

  @Test func introspectionTellsTheMembers() async throws {
    try await Self.withEcho { server, client in
      let remote = Echo.at(server, interface: "org.freedesktop.DBus.Introspectable")
      let xml = try await client.call(remote, "Introspect", deadline: .patient).first?.string ?? ""
      let own = try #require(xml.range(of: "<interface name=\"\(Echo.name)\">"))
      #expect(Self.members(of: String(xml[own.lowerBound...])) == Self.members(of: Echo.xml))
    }
  }

  @Test func exportIsRefused() async throws {
    try await Self.withEcho { server, _ in
      #expect(throws: BusError.self) { try server.export(Echo.interface, at: Echo.path) }
      #expect(throws: BusError.self) { try server.export(Echo.interface, at: "no path") }
      let other = ExportedInterface(name: "org.example.Other", xml: Echo.xml, methods: [:], properties: [:])
      #expect(throws: BusError.local("the XML has no interface org.example.Other")) {
        try server.export(other, at: "/")
      }
    }
  }

  @Test func signalReachesOnlyWhomItIsFor() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let (server, addressee, bystander) = (try await bus.connect(), try await bus.connect(), try await bus.connect())
      let heard = Recorder<String>()
      for (name, listener) in [("addressee", addressee), ("bystander", bystander)] {
        listener.follow(SignalFilter(path: Echo.path)) { heard.record("\(name) \($0.arguments[0].string ?? "")") }
        _ = try await listener.call(.bus, "GetId", deadline: .patient)
      }
      let remote = Echo.at(server)
      try server.emit("Changed", [.string("unicast")], from: remote, to: addressee.uniqueName)
      try server.emit("Changed", [.string("all")], from: remote, to: nil)
      await heard.wait(for: 3)
      #expect(heard.elements.sorted() == ["addressee all", "addressee unicast", "bystander all"])
      #expect(throws: BusError.self) { try server.emit("Changed", [], from: remote, to: "nobody") }
    }
  }

  @Test(arguments: [true, false]) func leaveToAskIsTold(_ allowsInteraction: Bool) async throws {
    try await Self.withEcho { server, client in
      let call = try PreparedCall(Echo.at(server), "MayAsk")
      let answer = try await client.call(allowsInteraction ? call.withInteraction : call, deadline: .patient)
      #expect(answer == [.boolean(allowsInteraction)])
    }
  }

  @Test func filtersChooseSignals() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let (server, other, client) = (try await bus.connect(), try await bus.connect(), try await bus.join())
      let heard = Recorder<String>()
      let filters: [(String, SignalFilter)] = [
        ("sender", SignalFilter(sender: other.uniqueName)), ("path", SignalFilter(path: "/b")),
        ("interface", SignalFilter(interface: "org.example.B")), ("member", SignalFilter(member: "B")),
        ("argument", SignalFilter(argument0: "b")),
      ]
      for (name, filter) in filters { client.subscribe(filter) { _ in heard.record(name) } }
      client.subscribe(SignalFilter(path: "/end")) { _ in heard.record("end") }
      client.addMatch("type='signal'")
      _ = try await client.call(.bus, "GetId", deadline: .patient)
      @MainLoop func emit(_ sender: Connection, _ path: String, _ interface: String, _ member: String, _ text: String)
        throws
      {
        let remote = Remote(destination: sender.uniqueName, path: path, interface: "org.example.\(interface)")
        try sender.emit(member, [.string(text)], from: remote, to: nil)
      }
      try emit(other, "/a", "A", "A", "a")
      _ = try await other.call(.bus, "GetId", deadline: .patient)
      try emit(server, "/b", "A", "A", "a")
      try emit(server, "/a", "B", "A", "a")
      try emit(server, "/a", "A", "B", "a")
      try emit(server, "/a", "A", "A", "b")
      try emit(server, "/a", "A", "A", "a")
      try emit(server, "/end", "A", "A", "a")
      await heard.wait(for: 6)
      #expect(heard.elements == ["sender", "path", "interface", "member", "argument", "end"])
    }
  }

  @Test func nameHasOneOwner() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let (first, second) = (try await bus.connect(), try await bus.connect())
      let name = "org.example.Name"
      #expect(try await first.requestName(name, deadline: .patient))
      #expect(try await first.requestName(name, deadline: .patient))
      #expect(try await second.requestName(name, deadline: .patient) == false)
      try await first.releaseName(name, deadline: .patient)
      #expect(try await second.requestName(name, deadline: .patient))
    }
  }

  /// Calls `body` with a connection that exports the interface, and another one on the same bus.
  private static func withEcho(_ body: @MainLoop (Connection, Connection) async throws -> Void) async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let (server, client) = (try await bus.connect(), try await bus.connect())
      try server.export(Echo.interface, at: Echo.path)
      try await body(server, client)
    }
  }

  @MainLoop
  private static func expect(_ error: String, _ body: @MainLoop () async throws -> [Value]) async {
    do {
      Issue.record("answered \(try await body())")
    } catch BusError.remote(let name, _) {
      #expect(name == "org.freedesktop.DBus.Error.\(error)")
    } catch {
      Issue.record(error)
    }
  }

  private static func members(of xml: String) -> [String] {
    xml.matches(of: /<(method|signal|property) [^>]*?name="(\w+)"/).map { "\($0.1) \($0.2)" }.sorted()
  }
}
