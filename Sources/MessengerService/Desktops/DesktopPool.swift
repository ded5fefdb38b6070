internal import GBus
internal import MessengerContract

/// The desktops that are in use, or were a moment ago: one connection for each, however many messages it gets at once.
@MainLoop
final class DesktopPool {
  /// How many buses of one user's: each may cost memory, and who opens sessions enough could name any number.
  nonisolated static let mostOfUser = 4

  private let helper: ConnectHelper
  private let idleTimeout: Duration
  private let mostIdle: Int
  private var members: [UInt32: [PooledDesktop]] = [:]
  /// Those that nobody uses, in the order of their coming free, with the time until which they are kept. Where that
  /// isn't the member's own, it has been used again.
  private var idle: [(member: PooledDesktop, until: Deadline)] = []
  private var idleCount = 0
  private var timer: Timer?

  /// - Parameters:
  ///   - helper: what connects to them.
  ///   - idleTimeout: for how long a bus that nobody uses any more is kept: many messages are followed by another one.
  ///   - mostIdle: how many such.
  nonisolated init(helper: ConnectHelper, keeping idleTimeout: Duration, atMost mostIdle: Int) {
    self.helper = helper
    self.idleTimeout = idleTimeout
    self.mostIdle = mostIdle
  }

  /// Calls `body` with a bus of a user's, which is joined first where that isn't done yet, and left some time after
  /// nobody uses it any more. Who comes while somebody else joins shares their success or failure; who comes while it
  /// is being left keeps it.
  ///
  /// - Throws: why the bus can't be joined; what `body` throws.
  func withDesktop(
    at address: BusAddress, of user: User, deadline: Deadline, _ body: @MainLoop (Desktop) async throws -> Void
  ) async throws {
    let member = try member(at: address, of: user, deadline: deadline)
    use(member)
    defer { release(member) }
    guard let desktop = try await member.joining?.value else { return }
    do {
      try await body(desktop)
    } catch {
      member.hasFailed = true
      throw error
    }
  }

  /// Notes where the desktops of a user's sessions were found to be, for as long as that bus is joined and has a
  /// notification server.
  func note(_ finding: DesktopFinder.Finding, of user: User) {
    let member = members[user.uid]?.first { $0.address == finding.address && $0.knowsServer }
    for session in finding.sessions { member?.findings[session] = finding.only(session) }
  }

  /// What ``note(_:of:)`` noted.
  func finding(for session: LoginSession) -> DesktopFinder.Finding? {
    members[session.user.uid]?.lazy.filter(\.knowsServer).compactMap { $0.findings[session.id] }.first
  }

  /// Whether a bus is joined, or being joined.
  func isJoined(_ address: BusAddress, by user: User) -> Bool {
    openMember(at: address, of: user) != nil
  }

  private func openMember(at address: BusAddress, of user: User) -> PooledDesktop? {
    members[user.uid]?.first { $0.address == address && $0.desktop?.bus.isClosed != true }
  }

  private func member(at address: BusAddress, of user: User, deadline: Deadline) throws -> PooledDesktop {
    if let member = openMember(at: address, of: user) { return member }
    if count(of: user) >= Self.mostOfUser { leaveOldest { $0.uid == user.uid } }
    guard count(of: user) < Self.mostOfUser else {
      throw MessengerError(.failed, "\(user.name) has more than \(Self.mostOfUser) session buses")
    }
    let member = PooledDesktop(uid: user.uid, address: address)
    members[user.uid, default: []].append(member)
    // Weakly: the desktop is the member's, and this the desktop's.
    member.join(as: user, through: helper, deadline: deadline) { [weak member] in
      if let member { self.forget(member) }
    }
    return member
  }

  /// Whether an answer is awaited anywhere that may tell of a popup to close.
  var isExpecting: Bool {
    members.values.contains { $0.contains { $0.desktop?.notifications.isExpecting == true } }
  }

  private func count(of user: User) -> Int { members[user.uid]?.count ?? 0 }

  private func use(_ member: PooledDesktop) {
    member.users += 1
    endIdleness(of: member)
    member.desktop?.stay()
  }

  private func release(_ member: PooledDesktop) {
    member.users -= 1
    guard member.users == 0 else { return }
    if idleTimeout > .zero, member.knowsServer, !member.hasFailed { keep(member) } else { leave(member) }
  }

  private func keep(_ member: PooledDesktop) {
    let until = Deadline.after(idleTimeout)
    member.idleUntil = until
    idle.append((member, until))
    idleCount += 1
    if idleCount > mostIdle { leaveOldest { _ in true } }
    if idle.count > 2 * mostIdle { idle.removeAll { $0.until != $0.member.idleUntil } }
    watchOver()
  }

  /// Leaves the one that nobody has used for the longest time, of those that meet a condition.
  private func leaveOldest(where isMeant: (PooledDesktop) -> Bool) {
    let oldest = idle.firstIndex { $0.until == $0.member.idleUntil && isMeant($0.member) }
    if let oldest { leave(idle.remove(at: oldest).member) }
  }

  /// Waits for the time of the first one to be over.
  private func watchOver() {
    guard timer == nil, let first = idle.first else { return }
    timer = Timer(at: first.until) {
      self.timer = nil
      self.leaveOverdue(at: .now)
      self.watchOver()
    }
  }

  /// Leaves those whose time is over.
  func leaveOverdue(at now: Deadline) {
    let over = idle.prefix { $0.until <= now }
    idle.removeFirst(over.count)
    for (member, until) in over where until == member.idleUntil { leave(member) }
  }

  private func endIdleness(of member: PooledDesktop) {
    if member.idleUntil != nil { idleCount -= 1 }
    member.idleUntil = nil
  }

  private func leave(_ member: PooledDesktop) {
    endIdleness(of: member)
    guard let desktop = member.desktop else { return forget(member) }
    desktop.leave { self.forget(member) }
  }

  private func forget(_ member: PooledDesktop) {
    endIdleness(of: member)
    members[member.uid]?.removeAll { $0 === member }
    if members[member.uid]?.isEmpty == true { members[member.uid] = nil }
  }
}
