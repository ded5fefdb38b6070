internal import GBus
internal import MessengerContract

/// Finds the bus that a session's desktop is on. It is looked for each time: a session may begin before its bus does.
@MainLoop
final class SessionBusFinder {
  /// A bus, and what makes it doubtful that it is the right one.
  struct Finding: Hashable {
    var address: BusAddress
    var doubt: String?
  }

  /// How long the processes may take to be read, and each bus to say whether it has a notification server.
  private static let patience: Duration = .seconds(1)

  private let buses: SessionBusPool
  private var looks: [String: Task<SessionBusNames?, Never>] = [:]
  /// The users of whose processes one could not be read in time. Until it is read, or gone, no other is tried.
  private var hanging: Set<UInt32> = []

  nonisolated init(buses: SessionBusPool) { self.buses = buses }

  /// The buses of one user's sessions, each with the ids of its sessions.
  func find(_ sessions: [Session], deadline: Deadline) async -> [Finding: Set<String>] {
    let tasks = sessions.map { session in MainLoop.task { await self.find(session, deadline: deadline) } }
    var found: [Finding: Set<String>] = [:]
    for (session, task) in zip(sessions, tasks) { found[await task.value, default: []].insert(session.id) }
    return found
  }

  private func find(_ session: Session, deadline: Deadline) async -> Finding {
    let standard = BusAddress(standardOf: session.user)
    guard let names = await look(at: session, deadline: deadline) else { return Finding(address: standard) }
    let addresses = names.ranked(standard: standard)
    guard addresses == [standard] else {
      return await choose(from: addresses, for: session.user, standard: standard, deadline: deadline)
    }
    return Finding(address: standard, doubt: names.unusable.map { "its programs name another bus, \(Quotation($0))" })
  }

  /// The first bus with a notification server, or else the first that lets us in: it may start one. Programs in a sandbox name
  /// sockets that exist there only, and tests have buses that nobody sees.
  private func choose(
    from addresses: [BusAddress], for user: User, standard: BusAddress, deadline: Deadline
  ) async -> Finding {
    var open: BusAddress?
    var doubt: String?
    for address in addresses {
      do {
        if try await hasServer(address, of: user, deadline: deadline) { return Finding(address: address) }
        open = open ?? address
      } catch {
        let reason = (error as? MessengerError)?.message ?? "it does not answer"
        // A delivery to the standard bus tells its own reason.
        if address != standard { doubt = doubt ?? "the bus that its programs name can't be joined: \(reason)" }
      }
    }
    return Finding(address: open ?? addresses[0], doubt: open == standard ? doubt : nil)
  }

  private func hasServer(_ address: BusAddress, of user: User, deadline: Deadline) async throws -> Bool {
    let deadline = min(deadline, .after(Self.patience))
    var result = false
    try await buses.withBus(at: address, of: user, deadline: deadline) { bus in
      result = try await bus.hasServer(deadline: deadline)
    }
    return result
  }

  /// Reads what a session's processes name, on a thread of its own; who comes meanwhile shares the answer.
  private func look(at session: Session, deadline: Deadline) async -> SessionBusNames? {
    guard !session.scope.isEmpty, !hanging.contains(session.user.uid) else { return nil }
    let look = looks[session.id] ?? begin(session)
    do {
      return try await look.value(by: min(deadline, .after(Self.patience)))
    } catch {
      hanging.insert(session.user.uid)
      return nil
    }
  }

  private func begin(_ session: Session) -> Task<SessionBusNames?, Never> {
    let look = MainLoop.task {
      let names = try? await MainLoop.onOwnThread(named: "look", deadline: .never) {
        SessionBusEnvironment.names(in: session)
      }
      self.looks[session.id] = nil
      self.hanging.remove(session.user.uid)
      return names
    }
    looks[session.id] = look
    return look
  }
}
