internal import GBus
internal import MessengerContract

/// The session buses that are in use: one connection for each, however many messages it gets at once.
@MainLoop
final class SessionBusPool {
  /// How many buses of one user's: each may cost memory, and who opens sessions enough could name any number.
  nonisolated static let mostOfUser = 4

  private var members: [Key: Member] = [:]

  private struct Key: Hashable {
    let uid: UInt32
    let address: BusAddress
  }

  @MainLoop
  private final class Member {
    var joining: Task<SessionBus, any Error>?
    var bus: SessionBus?
    var users = 0
  }

  nonisolated init() {}

  /// Calls `body` with a bus of a user's, which is joined first where nobody uses it yet, and left when nobody does any more.
  /// Who comes while somebody else joins shares their success or failure; who comes while it is being left keeps it.
  ///
  /// - Throws: why the bus can't be joined; what `body` throws.
  func withBus(
    at address: BusAddress, of user: User, deadline: Deadline, _ body: @MainLoop (SessionBus) async throws -> Void
  ) async throws {
    let key = Key(uid: user.uid, address: address)
    let member = try member(key, of: user, deadline: deadline)
    member.users += 1
    member.bus?.stay()
    defer { release(member, key) }
    guard let bus = try await member.joining?.value else { return }
    try await body(bus)
  }

  private func member(_ key: Key, of user: User, deadline: Deadline) throws -> Member {
    if let member = members[key], member.bus?.isClosed != true { return member }
    guard members[key] != nil || members.keys.count(where: { $0.uid == key.uid }) < Self.mostOfUser else {
      throw MessengerError(.failed, "\(user.name) has more than \(Self.mostOfUser) session buses")
    }
    let member = Member()
    members[key] = member
    member.joining = MainLoop.task {
      do {
        let bus = try await SessionBus.joinWithEnvironment(as: user, at: key.address, deadline: deadline)
        member.bus = bus
        return bus
      } catch {
        self.forget(member, key)
        throw error
      }
    }
    return member
  }

  private func release(_ member: Member, _ key: Key) {
    member.users -= 1
    guard member.users == 0 else { return }
    guard let bus = member.bus else { return forget(member, key) }
    bus.leave { self.forget(member, key) }
  }

  private func forget(_ member: Member, _ key: Key) {
    if members[key] === member { members[key] = nil }
  }
}
