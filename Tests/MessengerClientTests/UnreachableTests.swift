import Testing
import TestSupport

@testable import MessengerClient

/// The client without a bus, or without a service on it.
@Suite(.timeLimit(.minutes(1))) struct UnreachableTests {
  @Test(arguments: ["unix:path=/nonexistent/bus", "unix:abstract=msg-test-nobody", "nonsense", ""])
  func busIsNotThere(_ address: String) throws {
    let error = try failure(at: address)
    guard case .busUnreachable("the bus at \(address)", let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(!reason.isEmpty)
    #expect("\(error)" == "can't reach the bus at \(address): \(reason)")
  }

  @Test func busThatHasLeftIsNotThere() throws {
    let bus = try TestBus()
    bus.end()
    guard case .busUnreachable = try failure(at: bus.address) else {
      Issue.record("the bus answered")
      return
    }
  }

  /// A bus that leaves before it answers Hello, and doesn't exist any more, has refused nobody.
  @Test func busThatLeavesHasLeft() {
    let pendingHello = PendingHello(serial: 1, address: "unix:path=/nonexistent/bus", label: "the bus")
    #expect(throws: ClientError.serviceLost(reason: "closed")) {
      try pendingHello.check { _ in throw ClientError.serviceLost(reason: "closed") }
    }
  }

  @Test func busLetsNobodyIn() throws {
    let bus = try TestBus(limits: #"<limit name="max_completed_connections">0</limit>"#)
    guard case .busUnreachable("the bus at \(bus.address)", let reason) = try failure(at: bus.address) else {
      Issue.record("the bus let it in")
      return
    }
    #expect(reason.contains("maximum number of active connections"))
  }

  /// The answer to Hello may be lost if the bus closes a connection that has sent more.
  @Test func whyTheBusLetsNobodyInIsAskedOnceMore() throws {
    let bus = try TestBus(limits: #"<limit name="max_completed_connections">0</limit>"#)
    let pendingHello = PendingHello(serial: 1, address: bus.address, label: "the bus")
    let error = try #require(throws: ClientError.self) {
      try pendingHello.check { _ in throw ClientError.serviceLost(reason: "closed") }
    }
    guard case .busUnreachable("the bus", let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(reason.contains("maximum number of active connections"))
  }

  @Test(arguments: [nil, "/nonexistent/msgd", "/bin/false"])
  func serviceIsNotThere(_ program: String?) throws {
    let bus = try TestBus(program: program)
    let error = try failure(at: bus.address)
    guard case .serviceUnavailable = error else {
      Issue.record("\(error)")
      return
    }
    #expect("\(error)".hasPrefix("msgd is not installed or can't be started: "))
    #expect("\(error)".hasSuffix(" (see: systemctl status msgd)"))
  }

  @Test func busForbids() throws {
    let bus = try TestBus(policy: #"<deny send_destination="org.msgd.Messenger1"/>"#)
    let service = TestService(on: bus) { _, _ in Issue.record("the call came through") }
    guard case .accessDenied = try failure(at: bus.address) else {
      Issue.record("the bus allowed it")
      return
    }
    bus.end()
    service.waitForEnd()
  }

  private func failure(at address: String) throws -> ClientError {
    try #require(throws: ClientError.self) { try Client(address: address).send(to: ["bob"], body: "hi") }
  }
}
