import CDBus
import Foundation
import MessengerContract
import Testing
import TestSupport

@testable import MessengerClient

/// The client on a real bus. The time limit is for hangs, because nothing here waits for time to pass.
@Suite(.timeLimit(.minutes(1))) struct BusTests {
  @Test func answerAndNewsArrive() throws {
    let bus = try TestBus()
    let received = DispatchSemaphore(value: 0)
    let service = TestService(on: bus) { connection, call in
      for state in ["shown", "acknowledged"] {
        try connection.send(.change(to: call.sender, session: "2", state: state))
      }
      let answer = try BusMessage.answer(to: call)
      try answer.write { writer in
        try writer.uint64(7)
        try writer.array(of: "(ssusa{sv})") { try $0.delivery("2", "bob", 1001, "acknowledged") }
      }
      try connection.send(answer)
      connection.flush()
      received.wait()
    }
    var states: [DeliveryState] = []
    let receipt = try Client(address: bus.address).send(to: ["bob"], body: "hi", options: SendOptions(wait: true)) {
      #expect($0.messageID == 7)
      #expect($0.deliveries.allSatisfy { $0.sessionID == "2" && $0.details.sessionName == "tty2" })
      states += $0.deliveries.map(\.state)
    }
    #expect(states == [.shown, .acknowledged])
    #expect(receipt.id == 7)
    #expect(
      receipt.deliveries == [Delivery(sessionID: "2", userName: "bob", uid: 1001, state: .acknowledged)])
    received.signal()
    service.waitForEnd()
  }

  @Test func newsFromAStrangerIsNotBelieved() throws {
    let bus = try TestBus()
    let address = bus.address
    let received = DispatchSemaphore(value: 0)
    let service = TestService(on: bus) { connection, call in
      let stranger = try BusConnection(address: address)
      try stranger.send(.change(to: call.sender, session: "666", state: "acknowledged"))
      stranger.flush()
      try connection.send(.change(to: call.sender, session: "2", state: "expired"))
      try connection.send(.error("org.msgd.Error.Failed", "enough", to: call))
      connection.flush()
      received.wait()
    }
    var sessions: [String] = []
    #expect(throws: MessengerError(.failed, "enough")) {
      try Client(address: address).send(to: ["bob"], body: "hi", options: SendOptions(wait: true)) {
        sessions += $0.deliveries.map(\.sessionID)
      }
    }
    #expect(sessions == ["2"])
    received.signal()
    service.waitForEnd()
  }

  @Test(arguments: MessengerErrorCode.allCases)
  func refusalIsTheContracts(_ code: MessengerErrorCode) throws {
    let error = MessengerError(code, "the reason")
    #expect(try failure { _, call in try .error(code.busName, "the reason", to: call) } as? MessengerError == error)
  }

  @Test(
    arguments: [
      (DBUS_ERROR_ACCESS_DENIED, .accessDenied(reason: "why")),
      (DBUS_ERROR_NO_REPLY, .serviceLost(reason: "why")),
      (DBUS_ERROR_NAME_HAS_NO_OWNER, .serviceLost(reason: "why")),
      (DBUS_ERROR_SERVICE_UNKNOWN, .serviceUnavailable(reason: "why")),
      (DBUS_ERROR_TIMED_OUT, .serviceUnavailable(reason: "why")),
      (DBUS_ERROR_SPAWN_CHILD_EXITED, .serviceUnavailable(reason: "why")),
      ("org.freedesktop.systemd1.UnitMasked", .serviceUnavailable(reason: "why")),
      ("org.msgd.Error.Unheard", .unexpectedError(name: "org.msgd.Error.Unheard", reason: "why")),
    ] as [(String, ClientError)])
  func errorOfTheBusIsTold(_ name: String, _ error: ClientError) throws {
    #expect(try failure { _, call in try .error(name, "why", to: call) } as? ClientError == error)
  }

  @Test func malformedAnswerIsAnError() throws {
    let error = try failure { _, call in try .answer(to: call) } as? ClientError
    #expect(error == .malformedAnswer("expected type 't', found nothing"))
  }

  @Test func serviceThatLeavesIsAnError() throws {
    let error = try failure { _, _ in nil } as? ClientError
    guard case .serviceLost = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func busThatLeavesIsAnError() throws {
    let bus = try TestBus()
    let service = TestService(on: bus) { _, _ in bus.end() }
    #expect(throws: ClientError.serviceLost(reason: "the connection to the bus is closed")) {
      try Client(address: bus.address).send(to: ["bob"], body: "hi", options: SendOptions(wait: true))
    }
    service.waitForEnd()
  }

  @Test func patienceEnds() throws {
    let bus = try TestBus()
    let finish = DispatchSemaphore(value: 0)
    let service = TestService(on: bus) { _, _ in finish.wait() }
    let connection = try BusConnection(address: bus.address)
    let request = try SendRequest(recipients: ["bob"], body: "hi", options: SendOptions()).message()
    #expect(throws: ClientError.noAnswer(seconds: 0)) { try connection.call(request, timeout: .milliseconds(1)) }
    finish.signal()
    service.waitForEnd()
  }

  /// Returns the error of a send, if the service answers with that message or, for nil, leaves.
  private func failure(_ answer: @escaping @Sendable (BusConnection, BusMessage) throws -> BusMessage?) throws
    -> any Error
  {
    let bus = try TestBus()
    let service = TestService(on: bus) { connection, call in
      if let message = try answer(connection, call) { try connection.send(message) }
    }
    defer { service.waitForEnd() }
    return try #require(throws: (any Error).self) {
      try Client(address: bus.address).send(to: ["bob"], body: "hi", options: SendOptions(wait: true))
    }
  }
}
