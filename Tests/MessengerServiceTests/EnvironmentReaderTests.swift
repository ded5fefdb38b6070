import Foundation
import GBus
import TestSupport
import Testing

@testable import MessengerService

/// The order in which processes are read.
@Suite(.timeLimit(.minutes(1))) struct EnvironmentReaderTests {
  private static let bob: UInt32 = 1002
  private static let alice: UInt32 = 1001

  /// If many sessions of one user can't be read, another user's request waits for only a few of them, and all of them
  /// have their turn.
  @Test func whoHasManySessionsKeepsNobodyWaiting() async throws {
    let helper = try SilentHelper()
    await MainLoop.test {
      let programs = EnvironmentReader(helper: ConnectHelper(at: helper.path)) { _ in [getpid()] }
      let bobs = (1...20).map { Self.look(programs, "b\($0)", of: Self.bob) }
      let alices = Self.look(programs, "a", of: Self.alice)
      var before: [Int32] = []
      while let (uid, client) = await Self.next(helper) {
        before.append(client)
        if uid == Self.alice { break }
      }
      #expect(before.count == 4)
      for client in before { close(client) }
      for _ in before.count - 1..<bobs.count { if let (_, client) = await Self.next(helper) { close(client) } }
      for look in bobs + [alices] { await look.value }
    }
  }

  @MainLoop
  private static func look(_ programs: EnvironmentReader, _ id: String, of uid: UInt32) -> Task<Void, Never> {
    var session = LoginSession.test(id, uid: uid)
    session.scope = "session-\(id).scope"
    return MainLoop.task { [session] in _ = await programs.names(in: session, deadline: .never) }
  }

  @MainLoop
  private static func next(_ helper: SilentHelper) async -> (uid: UInt32, client: Int32)? {
    try? await MainLoop.blocking(deadline: .never) { helper.next() }
  }
}
