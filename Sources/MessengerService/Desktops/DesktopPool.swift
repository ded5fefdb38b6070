internal import GBus
internal import MessengerContract

/// The desktops that are in use or were recently, with one connection each, however many messages it carries at once.
@MainLoop
final class DesktopPool {
  /// The most buses of one user. Each may cost memory, and a user who opens enough sessions could name any number.
  nonisolated static let mostOfUser = 4

  private let helper: ConnectHelper
  private let idleTimeout: Duration
  private let mostIdle: Int
  private var members: [UInt32: [PooledDesktop]] = [:]
  /// The desktops that nobody uses, in the order in which they became free, each with the time until which it is kept.
  /// If that time isn't the member's own, the member has been used again.
  private var idle: [(member: PooledDesktop, until: Deadline)] = []
  private var idleCount = 0
  private var timer: Timer?

  /// - Parameters:
  ///   - helper: connects to the session buses.
  ///   - idleTimeout: how long an unused bus is kept, because another message often follows.
  ///   - mostIdle: how many unused buses are kept at most.
  nonisolated init(helper: ConnectHelper, keeping idleTimeout: Duration, atMost mostIdle: Int) {
    self.helper = helper
    self.idleTimeout = idleTimeout
    self.mostIdle = mostIdle
  }

  /// Calls `body` with a user's bus. The bus is joined first if necessary, and left some time after its last use.
  /// Callers who come while it is being joined share the success or failure. A caller who comes while it is being left
  /// keeps it joined.
  ///
  /// - Throws: the reason why the bus can't be joined; what `body` throws.
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

  /// Notes which bus the desktops of a user's sessions are on. The note holds as long as that bus is joined and has a
  /// notification server.
  func note(_ finding: DesktopFinder.Finding, of user: User) {
    let member = members[user.uid]?.first { $0.address == finding.address && $0.knowsServer }
    for session in finding.sessions { member?.findings[session] = finding.only(session) }
  }

  /// Returns what ``note(_:of:)`` noted.
  func finding(for session: LoginSession) -> DesktopFinder.Finding? {
    members[session.user.uid]?.lazy.filter(\.knowsServer).compactMap { $0.findings[session.id] }.first
  }

  /// Whether a bus is joined or being joined.
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
    // Weak, because the member owns the desktop, and the desktop owns this closure.
    member.join(as: user, through: helper, deadline: deadline) { [weak member] in
      if let member { self.forget(member) }
    }
    return member
  }

  /// Whether any desktop awaits an answer that may name a popup to close.
  var isExpecting: Bool {
    members.values.contains { $0.contains { $0.desktop?.notifier.isExpecting == true } }
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

  /// Leaves the desktop that has been unused for the longest time, of those that meet a condition.
  private func leaveOldest(where isMeant: (PooledDesktop) -> Bool) {
    let oldest = idle.firstIndex { $0.until == $0.member.idleUntil && isMeant($0.member) }
    if let oldest { leave(idle.remove(at: oldest).member) }
  }

  /// Waits until the first desktop's time is over.
  private func watchOver() {
    guard timer == nil, let first = idle.first else { return }
    timer = Timer(at: first.until) {
      self.timer = nil
      self.leaveOverdue(at: .now)
      self.watchOver()
    }
  }

  /// Leaves the desktops whose time is over.
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
