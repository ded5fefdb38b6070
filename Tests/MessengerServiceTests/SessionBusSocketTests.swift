import Foundation
import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// Sockets that are not session buses.
@Suite(.timeLimit(.minutes(1))) struct SessionBusSocketTests {
  @Test func missingSocketIsTold() async throws {
    let bus = try FakeBus()
    try FileManager.default.removeItem(atPath: bus.path)
    await Self.expectFailure("me has no session bus: \(bus.path) does not exist", at: bus)
  }

  @Test func deserted() async throws {
    let bus = try FakeBus()
    bus.stopListening()
    await Self.expectFailure("me has no session bus: nobody listens at \(bus.path)", at: bus)
  }

  @Test func tooLongPathIsTold() async throws {
    let bus = try FakeBus()
    let path = String(repeating: "/x", count: 60)
    await Self.expectFailure("can't connect to \(path) as me: File name too long", at: bus, name: path)
  }

  @Test func whatASessionNamesIsQuoted() async throws {
    let bus = try FakeBus()
    await Self.expectFailure("me has no session bus: nobody listens at @a b ", at: bus, name: "@a b\n")
  }

  /// Nobody accepts connections, so the first one waits in the queue, and there is no room for a second.
  @Test func silenceAndAFullQueueAreTold() async throws {
    let bus = try FakeBus()
    let soon = Deadline.after(.milliseconds(500))
    await Self.expectFailure("the session bus at \(bus.path) does not answer", at: bus, by: soon)
    await Self.expectFailure("the session bus at \(bus.path) takes no more connections", at: bus)
  }

  @Test(arguments: [
    ("HTTP/1.1 400 Bad\r\n", "the session bus refused authentication: HTTP/1.1 400 Bad  "),
    ("REJECTED EXTERNAL\r\n", "the session bus refused authentication: REJECTED EXTERNAL  "),
    ("DATA\r\nERROR\r\n", "the session bus refused authentication: DATA  ERROR  "),
    ("\u{1B}\u{7}é", "the session bus refused authentication:    "),
    ("", "the session bus hung up during authentication"),
    ("DATA\r\nOK", "the session bus hung up during authentication"),
  ]) func answerIsTold(_ answer: String, _ reason: String) async throws {
    let bus = try FakeBus()
    bus.serve { peer in FakeBus.write(answer, to: peer) }
    await Self.expectFailure(reason, at: bus)
  }

  @Test func endlessLineIsRefused() async throws {
    let bus = try FakeBus()
    bus.serve { peer in
      FakeBus.write("DATA", to: peer)
      while FakeBus.write(String(repeating: "x", count: 4096), to: peer) {}
    }
    let quoted = "DATA" + String(repeating: "x", count: 76)
    await Self.expectFailure("the session bus refused authentication: \(quoted)", at: bus)
  }

  @Test func answerInPiecesIsTaken() async throws {
    let bus = try FakeBus()
    bus.serve { peer in
      for byte in "DATA\r\nOK 0123\r\nERROR\r\n".unicodeScalars { FakeBus.write(String(byte), to: peer) }
    }
    let (user, address) = (bus.user, BusAddress(name: bus.path))
    let (socket, _, passesDescriptors) = try await MainLoop.test {
      try await SessionBusSocket.connect(as: user, to: address, through: .fake, deadline: .patient)
    }
    #expect(fcntl(socket, F_GETFL) & O_NONBLOCK != 0 && !passesDescriptors)
    close(socket)
  }

  private static func expectFailure(
    _ reason: String, at bus: FakeBus, name: String? = nil, by deadline: Deadline = .patient
  ) async {
    let (user, address) = (bus.user, BusAddress(name: name ?? bus.path))
    await #expect(throws: MessengerError(.failed, reason)) {
      try await MainLoop.test {
        _ = try await SessionBusSocket.connect(as: user, to: address, through: .fake, deadline: deadline)
      }
    }
  }
}
