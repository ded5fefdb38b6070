import Foundation
import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// Popups over a real bus, with a notification server that can be told to misbehave.
@Suite(.timeLimit(.minutes(1))) struct NotifierTests {
  private static let content = PopupContent(
    title: "t", body: "b", timeout: nil, urgency: .critical, icon: "", replies: [])
  private static let name = "org.freedesktop.Notifications"
  private static let remote = Remote(destination: name, path: "/org/freedesktop/Notifications", interface: name)
  private static let xml = """
    <node><interface name="org.freedesktop.Notifications">
    <method name="GetCapabilities"><arg type="as" direction="out"/></method>
    <method name="CloseNotification"><arg type="u" direction="in"/></method>
    <method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/></method>
    </interface></node>
    """

  @Test func missingBusIsTold() async throws {
    let user = User(uid: getuid(), gid: getgid(), name: "me", runtimePath: "/nonexistent")
    await #expect(throws: MessengerError.self) {
      try await MainLoop.test {
        _ = try await Desktop.join(as: user, at: BusAddress(standardOf: user), through: .fake, deadline: .patient)
      }
    }
  }

  @Test func closedBeforeTheAnswerIsSuppressed() async throws {
    try await Self.withServer { server, _ in
      try server.emit("NotificationClosed", [.uint32(7), .uint32(2)], from: Self.remote, to: nil)
      return 7
    } _: { desktop, _, _ in
      let popup = try await desktop.notifier.show(Self.content, settlingDelay: .seconds(60), deadline: .patient)
      #expect(await popup.end().state == .suppressed)
    }
  }

  @Test func serverThatLeavesFails() async throws {
    try await Self.withServer { _, _ in
      7
    } _: { desktop, server, _ in
      let popup = try await desktop.notifier.show(Self.content, settlingDelay: .zero, deadline: .patient)
      server.close()
      #expect(await popup.end().state == .failed)
    }
  }

  @Test func latePopupIsClosedAfterLeaving() async throws {
    try await Self.withServer { _, mayAnswer in
      await mayAnswer.wait(for: 1)
      return 7
    } _: { desktop, _, records in
      await #expect(throws: MessengerError.self) {
        try await desktop.notifier.show(Self.content, settlingDelay: .zero, deadline: .after(.milliseconds(100)))
      }
      desktop.leave()
      records.mayAnswer.record(0)
      await records.closed.wait(for: 1)
      #expect(records.closed.elements == [7])
    }
  }

  private typealias Records = (mayAnswer: Recorder<UInt32>, closed: Recorder<UInt32>)

  private static func withServer(
    _ notify: @escaping @MainLoop @Sendable (Connection, Recorder<UInt32>) async throws -> UInt32,
    _ body: @MainLoop (Desktop, Connection, Records) async throws -> Void
  ) async throws {
    let daemon = try TestBus()
    let socket = String(daemon.address.dropFirst("unix:path=".count).prefix { $0 != "," })
    let user = User(uid: getuid(), gid: getgid(), name: "me", runtimePath: "/nonexistent")
    let address = BusAddress(name: socket)
    try await MainLoop.test {
      let records = (mayAnswer: Recorder<UInt32>(), closed: Recorder<UInt32>())
      let server = try await daemon.connect()
      try server.export(
        ExportedInterface(
          name: name, xml: xml,
          methods: [
            "GetCapabilities": { _ in [.strings(["actions"])] },
            "Notify": { _ in [.uint32(try await notify(server, records.mayAnswer))] },
            "CloseNotification": { call in
              records.closed.record(call.arguments[0].uint32 ?? 0)
              return []
            },
          ], properties: [:]), at: remote.path)
      _ = try await server.requestName(name, deadline: .patient)
      let desktop = try await Desktop.join(as: user, at: address, through: .fake, deadline: .patient)
      try await desktop.server.ask(deadline: .patient)
      try await body(desktop, server, records)
    }
  }
}
