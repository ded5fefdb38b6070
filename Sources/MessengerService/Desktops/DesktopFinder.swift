internal import GBus
internal import MessengerContract

/// Finds the bus that a session's desktop is on. It searches each time, unless the bus is joined already, because a
/// session may begin before its bus does.
@MainLoop
struct DesktopFinder {
  /// A bus, and the sessions whose desktops are on it.
  struct Finding: Equatable {
    let address: BusAddress
    /// The ids of the sessions.
    var sessions: Set<String>
    /// The environment of the desktop's programs, if it names the bus.
    var environment: SessionEnvironment?
    /// The reasons to doubt that this is the right bus, by session.
    var doubts: [String: String] = [:]

    /// Returns the part of it that concerns one of the sessions.
    func only(_ session: String) -> Finding {
      Finding(
        address: address, sessions: [session], environment: environment, doubts: doubts.filter { $0.key == session })
    }

    /// Returns the error of a failed delivery to one of the sessions, with the doubt about its bus.
    func reason(_ error: MessengerError, at session: String) -> MessengerError {
      doubts[session].map { MessengerError(error.code, "\(error.message); \($0)") } ?? error
    }
  }

  /// How long each bus may take to say whether it has a notification server.
  private static let serverTimeout: Duration = .seconds(1)

  let desktops: DesktopPool
  let programs: EnvironmentReader

  /// Returns the buses of one user's sessions, each once.
  func find(_ sessions: [LoginSession], deadline: Deadline) async -> [Finding] {
    let found = await MainLoop.concurrently(sessions) { session in
      if let known = desktops.finding(for: session) { return known }
      return await find(session, deadline: deadline)
    }
    var findings: [Finding] = []
    for finding in found { Self.add(finding, to: &findings) }
    return findings
  }

  nonisolated static func add(_ finding: Finding, to findings: inout [Finding]) {
    guard let index = findings.firstIndex(where: { $0.address == finding.address }) else {
      return findings.append(finding)
    }
    findings[index].sessions.formUnion(finding.sessions)
    findings[index].environment = findings[index].environment ?? finding.environment
    findings[index].doubts.merge(finding.doubts) { first, _ in first }
  }

  private func find(_ session: LoginSession, deadline: Deadline) async -> Finding {
    let standard = BusAddress(standardOf: session.user)
    let next = desktops.isJoined(standard, by: session.user) ? nil : standard
    guard let names = await programs.names(in: session, before: next, deadline: deadline) else {
      return Finding(address: standard, sessions: [session.id])
    }
    let addresses = names.ranked(standard: standard)
    var (address, doubt) = (standard, names.unusable.map { "its programs name another bus, \(Quotation($0))" })
    if addresses != [standard] {
      (address, doubt) = await choose(from: addresses, for: session.user, standard: standard, deadline: deadline)
    }
    return Finding(
      address: address, sessions: [session.id], environment: names.environment(at: address),
      doubts: doubt.map { [session.id: $0] } ?? [:])
  }

  /// Chooses the first bus with a notification server, or else the first that admits us, because it may start one.
  /// Programs in a sandbox name sockets that exist only there, and tests have buses without a visible desktop.
  private func choose(
    from addresses: [BusAddress], for user: User, standard: BusAddress, deadline: Deadline
  ) async -> (BusAddress, doubt: String?) {
    var open: BusAddress?
    var doubt: String?
    for address in addresses {
      do {
        if try await hasServer(address, of: user, deadline: deadline) { return (address, nil) }
        open = open ?? address
      } catch {
        let reason = (error as? MessengerError)?.message ?? "it does not answer"
        // A delivery to the standard bus reports its own reason.
        if address != standard { doubt = doubt ?? "the bus that its programs name can't be joined: \(reason)" }
      }
    }
    return (open ?? addresses[0], open == standard ? doubt : nil)
  }

  private func hasServer(_ address: BusAddress, of user: User, deadline: Deadline) async throws -> Bool {
    let deadline = min(deadline, .after(Self.serverTimeout))
    var result = false
    try await desktops.withDesktop(at: address, of: user, deadline: deadline) { desktop in
      result = try await desktop.server.isRunning(deadline: deadline)
    }
    return result
  }
}
