import MessengerContract

/// The sessions on the machines of a fleet. A machine that is offline has none.
struct FleetSessions {
  /// What is listed, and how.
  let list: SessionList
  /// The fleet.
  let fleet: FleetTarget

  /// Prints the sessions of each machine as it answers, and returns the exit status.
  func run(in surroundings: Surroundings) -> ExitStatus {
    var trouble = MachineGroups(of: fleet)
    var offline = MachineGroups(of: fleet)
    var (answers, found) = (0, 0)
    let call = FleetCall(target: fleet, connectTimeout: list.machines.connectTimeout, verb: .sessions)
    do throws(MessengerError) {
      try FleetProcess.run(call, by: surroundings.fleetCommand) { event in
        switch event {
        case .answer(let machine, let answer) where answer.stage == .done:
          answers += 1
          let sessions = list.meant(of: answer.sessions)
          guard !sessions.isEmpty else { return }
          found += 1
          list.tell(sessions, of: fleet.name(of: machine), own: nil, isHeaded: true, to: surroundings)
        case .answer(let machine, let answer) where answer.stage == .refused:
          trouble.add(machine, answer.error?.message ?? "refused it")
        case .missing(let machine, .offline, _): offline.add(machine, "offline", many: "are offline")
        case .missing(let machine, _, _):
          trouble.add(machine, "online, but has not answered", many: "have not answered")
        default: break
        }
      }
    } catch {
      surroundings.complainByName("\(fleet): \(error)")
      return ExitStatus(error)
    }
    (offline.lines + trouble.lines).forEach(surroundings.complain)
    if found == 0, answers > 0 {
      surroundings.complain(
        list.filter.map { "\(fleet): No session exists for \($0)" } ?? "\(fleet): nobody is logged in")
    }
    return !trouble.isEmpty || found == 0 ? .notReached : .success
  }
}
