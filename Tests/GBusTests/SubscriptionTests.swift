import TestSupport
import Testing

@testable import GBus

/// Subscriptions to signals that end before their connection.
@Suite(.timeLimit(.minutes(1))) struct SubscriptionTests {
  @Test func cancelledSubscriptionHearsNothing() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let (server, listener) = (try await bus.connect(), try await bus.connect())
      let heard = Recorder<String>()
      let first = listener.follow(SignalFilter(path: Echo.path)) { _ in heard.record("first") }
      listener.follow(SignalFilter(path: Echo.path)) { _ in heard.record("second") }
      _ = try await listener.call(.bus, "GetId", deadline: .patient)
      for _ in 1...2 {
        try server.emit("Changed", [.string("all")], from: Echo.at(server), to: nil)
        await heard.wait(for: heard.elements.isEmpty ? 2 : 3)
        listener.cancel(first)
        listener.cancel(first)
      }
      #expect(heard.elements.sorted() == ["first", "second", "second"])
    }
  }
}
