import Foundation
import TestSupport
import Testing

@testable import GBus

/// The request to the system bus to pass file descriptors, and what a real bus then passes.
@Suite(.timeLimit(.minutes(1))) struct DescriptorNegotiationTests {
  private static let question = PreparedCall(known: .bus, "GetConnectionCredentials", [.string("org.freedesktop.DBus")])

  /// A dbus-daemon passes at most sixteen with one message. Some come while an answer with descriptors is awaited.
  @Test func callsWithDescriptorsAreAnsweredAndLeaveNoneOpen() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let server = try await bus.connect()
      try server.export(Echo.interface, at: Echo.path)
      #expect(server.bounds.passesDescriptors)
      let client = RawPeer(taking: try TestSocket.authenticated(at: bus.path, passing: true))
      _ = try await client.greet()
      for serial in UInt32(2)...9 {
        let pipes = try (0..<16).map { _ in try PassedPipe() }
        let asked = server.ask(Self.question.takingDescriptors)
        client.send(
          Wire.call(Echo.at(server), "MayAsk", serial: serial, descriptors: 16), with: pipes.map(\.writing))
        for pipe in pipes { pipe.release() }
        try await client.answer(to: serial)
        for pipe in pipes { try await pipe.closed() }
        let credentials = try await asked.answer(by: .patient).first?.dictionary
        #expect(credentials?["UnixUserID"] == .uint32(getuid()))
      }
      #expect(server.socket.awaited.calls.isEmpty)
    }
  }

  @Test func descriptorsReachWhoIsCalled() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let caller = try await bus.connect()
      let callee = RawPeer(taking: try TestSocket.authenticated(at: bus.path, passing: true))
      let name = try await callee.greet()
      let pipe = try PassedPipe()
      let remote = Remote(destination: name, path: "/", interface: "a.b")
      caller.post(try PreparedCall(remote, "Pass", [.handle(0)], passing: Descriptor(taking: pipe.writing)))
      let areTheSame = try await callee.message(holding: "Pass").descriptors.map { pipe.isEnd($0) }
      #expect(areTheSame == [true])
      try await pipe.closed()
    }
  }

  @Test func aBusThatPassesNoneIsJoinedAllTheSame() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID())").path
    let listener = try UnixSocket.listen(at: path)
    defer {
      close(listener)
      unlink(path)
    }
    try await MainLoop.test {
      let joining = MainLoop.task { try await Connection.system(at: "unix:path=\(path)", deadline: .patient) }
      try await MainLoop.untilReadable(listener, deadline: .patient)
      let socket = accept(listener, nil, nil)
      try await MainLoop.untilReadable(socket, deadline: .patient)
      var greeting = Handshake.greetingForDescriptors
      #expect(recv(socket, &greeting, greeting.count, Int32(MSG_WAITALL)) == greeting.count)
      #expect(greeting == Handshake.greetingForDescriptors)
      let bus = RawPeer(taking: socket)
      bus.send(Array("DATA\r\nOK 1\r\nERROR\r\n".utf8))
      try await bus.welcome()
      let connection = try await joining.value
      #expect(connection.uniqueName == ":1.1" && !connection.bounds.passesDescriptors)
    }
  }
}

extension RawPeer {
  fileprivate func message(holding text: String) async throws -> Message {
    while true {
      let message = try await message()
      if message.holds(text) { return message }
    }
  }

  /// Waits for the answer to a call, and fails for an error.
  fileprivate func answer(to serial: UInt32) async throws {
    while true {
      let bytes = try await message().bytes
      guard bytes.withUnsafeBytes({ WireMessage($0)?.replySerial }) == serial else { continue }
      return #expect(bytes[1] == MessageKind.answer.rawValue)
    }
  }
}
