internal import GBus

/// The session buses that are in use: one connection for each user, however many messages they get at once.
@MainLoop
final class SessionBusPool {
  private var members: [UInt32: Member] = [:]

  @MainLoop
  private final class Member {
    var joining: Task<SessionBus, any Error>?
    var bus: SessionBus?
    var users = 0
  }

  nonisolated init() {}

  /// Calls `body` with a user's bus, which is joined first where nobody uses it yet, and left when nobody does any more.
  /// Who comes while somebody else joins shares their success or failure; who comes while it is being left keeps it.
  ///
  /// - Throws: why the bus can't be joined; what `body` throws.
  func withBus(of user: User, deadline: Deadline, _ body: @MainLoop (SessionBus) async throws -> Void) async throws {
    let member = member(for: user, deadline: deadline)
    member.users += 1
    member.bus?.stay()
    defer { release(member, of: user) }
    guard let bus = try await member.joining?.value else { return }
    try await body(bus)
  }

  private func member(for user: User, deadline: Deadline) -> Member {
    if let member = members[user.uid], member.bus?.isClosed != true { return member }
    let member = Member()
    members[user.uid] = member
    member.joining = MainLoop.task {
      do {
        let bus = try await SessionBus.joinWithEnvironment(as: user, deadline: deadline)
        member.bus = bus
        return bus
      } catch {
        self.forget(member, of: user)
        throw error
      }
    }
    return member
  }

  private func release(_ member: Member, of user: User) {
    member.users -= 1
    guard member.users == 0 else { return }
    guard let bus = member.bus else { return forget(member, of: user) }
    bus.leave { self.forget(member, of: user) }
  }

  private func forget(_ member: Member, of user: User) {
    if members[user.uid] === member { members[user.uid] = nil }
  }
}
