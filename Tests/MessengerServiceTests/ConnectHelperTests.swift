import Foundation
import GBus
import TestSupport
import Testing

@testable import MessengerService

/// Connections that are made in advance, with the request that reads environments.
@Suite(.timeLimit(.minutes(1))) struct ConnectHelperTests {
  @Test func whatWasMadeAheadIsGivenOnce() async throws {
    let bus = try FakeBus()
    try await MainLoop.test {
      let helper = ConnectHelper.fake
      _ = try await helper.environments(of: [getpid()], as: bus.user, connectingTo: bus.path, deadline: .never)
      // Another connection could not be made now.
      bus.stopListening()
      close(try await helper.connect(to: bus.path, as: bus.user, deadline: .never))
      await #expect(throws: ConnectHelper.Failure.refused(.failed(ECONNREFUSED))) {
        try await helper.connect(to: bus.path, as: bus.user, deadline: .never)
      }
    }
  }

  @Test func whatWasMadeAheadIsNobodyElses() async throws {
    let (bus, other) = (try FakeBus(), try FakeBus())
    other.stopListening()
    await MainLoop.test {
      let helper = ConnectHelper.fake
      _ = try? await helper.environments(of: [getpid()], as: bus.user, connectingTo: bus.path, deadline: .never)
      await #expect(throws: ConnectHelper.Failure.refused(.failed(ECONNREFUSED))) {
        try await helper.connect(to: other.path, as: bus.user, deadline: .never)
      }
    }
  }

  /// The bus notices its end.
  @Test func whatWasMadeAheadForNobodyIsClosed() async throws {
    let bus = try FakeBus()
    await MainLoop.test {
      let ended = Recorder<Bool>()
      bus.untilTheEnd { wasSilent in MainLoop.task { ended.record(wasSilent) } }
      let helper = ConnectHelper.fake
      _ = try? await helper.environments(of: [getpid()], as: bus.user, connectingTo: bus.path, deadline: .never)
      await ended.wait(for: 1)
      #expect(ended.elements == [true])
    }
  }

  @Test func environmentsAreReadWhereNoBusIs() async throws {
    let bus = try FakeBus()
    bus.stopListening()
    try await MainLoop.test {
      let found = try await ConnectHelper.fake.environments(
        of: [getpid()], as: bus.user, connectingTo: bus.path, deadline: .never)
      #expect(found.isEmpty)
    }
  }
}
