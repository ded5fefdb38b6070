import Foundation
import GBus
import TestSupport
import Testing

@testable import MessengerService

/// How long unused buses are kept.
@Suite(.timeLimit(.minutes(1))) struct IdleDesktopTests {
  @Test func theNextMessageFindsTheBusJoined() async throws {
    let desktop = try TestDesktop()
    try await MainLoop.test {
      try await desktop.serve()
      let pool = DesktopPool(helper: .fake, keeping: .seconds(60), atMost: 1)
      let name = try await desktop.use(pool)
      #expect(try await desktop.use(pool) == name)
    }
  }

  @Test func whatIsUsedAgainIsKeptForItsWholeTime() async throws {
    let desktop = try TestDesktop()
    try await MainLoop.test {
      let server = try await desktop.serve()
      let timeout: Duration = .seconds(600)
      let pool = DesktopPool(helper: .fake, keeping: timeout, atMost: 1)
      let name = try await desktop.use(pool)
      let departure = await Self.departure(of: name, from: server)
      let between = Deadline.now
      #expect(try await desktop.use(pool) == name)
      // The time of its first use is over, but not that of its second.
      pool.leaveOverdue(at: between + timeout)
      #expect(try await desktop.use(pool) == name)
      pool.leaveOverdue(at: .now + timeout)
      await departure.wait(for: 1)
      #expect(try await desktop.use(pool) != name)
    }
  }

  @Test func whatIsLeftIsFreed() async throws {
    let desktop = try TestDesktop()
    try await MainLoop.test {
      let server = try await desktop.serve()
      let pool = DesktopPool(helper: .fake, keeping: .zero, atMost: 1)
      weak var joined: Desktop?
      weak var connection: Connection?
      let name = try await desktop.use(pool) {
        joined = $0
        connection = $0.bus.connection
      }
      let question = [Value.string(name)]
      while try await server.call(.bus, "NameHasOwner", question, deadline: .patient) == [.boolean(true)] {}
      #expect(joined == nil && connection == nil)
    }
  }

  @Test func ofTooManyTheOldestIsLeft() async throws {
    let desktops = try [TestDesktop(), TestDesktop(), TestDesktop()]
    try await MainLoop.test {
      let pool = DesktopPool(helper: .fake, keeping: .seconds(60), atMost: 2)
      var names: [String] = []
      var departures: [Recorder<Void>] = []
      for desktop in desktops {
        let server = try await desktop.serve()
        names.append(try await desktop.use(pool))
        departures.append(await Self.departure(of: names[names.count - 1], from: server))
      }
      await departures[0].wait(for: 1)
      for index in [1, 2] { #expect(try await desktops[index].use(pool) == names[index]) }
    }
  }

  /// A bus without a server, or after a failure, is not kept.
  @Test(arguments: [true, false]) func whatIsNotGoodIsLeft(_ hasServer: Bool) async throws {
    let desktop = try TestDesktop()
    try await MainLoop.test {
      if hasServer { try await desktop.serve() }
      let pool = DesktopPool(helper: .fake, keeping: .seconds(60), atMost: 1)
      let first = try await desktop.use(pool) { _ in throw CancellationError() }
      #expect(try await desktop.use(pool) != first)
    }
  }

  @Test func whatHasEndedIsNotUsedAgain() async throws {
    let desktop = try TestDesktop()
    try await MainLoop.test {
      try await desktop.serve()
      let pool = DesktopPool(helper: .fake, keeping: .seconds(60), atMost: 1)
      let ended = Recorder<Void>()
      try await pool.withDesktop(at: desktop.address, of: desktop.user, deadline: .patient) { joined in
        try await joined.server.ask(deadline: .patient)
        let forget = joined.onEnded
        joined.onEnded = {
          forget?()
          ended.record(())
        }
      }
      desktop.daemon.end()
      await ended.wait(for: 1)
      await #expect(throws: (any Error).self) { try await desktop.use(pool) }
    }
  }

  /// Reports when a connection has left the bus.
  @MainLoop
  private static func departure(of name: String, from server: Connection) async -> Recorder<Void> {
    let departure = Recorder<Void>()
    let filter = SignalFilter(sender: Remote.bus.destination, member: "NameOwnerChanged", argument0: name)
    server.follow(filter) { _ in departure.record(()) }
    _ = try? await server.call(.bus, "GetId", deadline: .patient)  // the rule is there
    return departure
  }
}

/// A user's bus, on which there may be a notification server.
@MainLoop
private final class TestDesktop {
  let daemon: TestBus
  let user = User(uid: getuid(), gid: getgid(), name: "me", runtimePath: "/nonexistent")
  let address: BusAddress
  private var server: Connection?

  nonisolated init() throws {
    daemon = try TestBus()
    address = BusAddress(name: String(daemon.address.dropFirst("unix:path=".count).prefix { $0 != "," }))
  }

  /// Joins as a notification server.
  @discardableResult
  func serve() async throws -> Connection {
    let name = Remote.notifications.destination
    let xml = """
      <node><interface name="\(name)"><method name="GetCapabilities"><arg type="as" direction="out"/></method>
      </interface></node>
      """
    let server = try await daemon.connect()
    let methods: [String: ExportedInterface.Method] = ["GetCapabilities": { _ in [.strings([])] }]
    try server.export(
      ExportedInterface(name: name, xml: xml, methods: methods, properties: [:]), at: Remote.notifications.path)
    _ = try await server.requestName(name, deadline: .patient)
    self.server = server
    return server
  }

  /// Uses the bus, asks the server if there is one, and calls `body`.
  ///
  /// - Returns: the unique name of the pool's connection to the bus.
  func use(_ pool: DesktopPool, _ body: @MainLoop (Desktop) throws -> Void = { _ in }) async throws -> String {
    var name = ""
    do {
      try await pool.withDesktop(at: address, of: user, deadline: .patient) { joined in
        name = joined.bus.connection.uniqueName
        try? await joined.server.ask(deadline: .patient)
        try body(joined)
      }
    } catch is CancellationError {}
    return name
  }
}
