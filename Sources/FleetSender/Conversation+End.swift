internal import FleetContract
internal import Glibc
internal import MQTT
internal import MessengerContract
internal import Platform

/// How it ends.
extension Conversation {
  /// Ends it if there is nothing left to wait for.
  func concludeIfOver(_ state: inout State) {
    guard !state.isOver else { return }
    switch request.verb {
    case .machines, .doctor:
      guard state.roster.isComplete else { return }
      if request.verb == .doctor {
        tellFindings(of: state.roster)
      } else {
        for (name, machine) in state.roster.machines.sorted(by: { $0.key < $1.key }) { lines.machine(name, machine) }
      }
    case .send, .withdraw, .sessions:
      guard state.roster.isOver(at: .now) else { return }
      guard !state.roster.machines.isEmpty else { return failForNobody(&state) }
      tellTotals(&state)
      for (name, missing, since) in state.roster.missing {
        lines.missing(name, state: missing.rawValue, since: since)
      }
    }
    end(&state)
  }

  /// Ends it because there is nobody to answer: nobody is subscribed, or the broker has kept only the session of a
  /// machine which is not enrolled any more.
  func failForNobody(_ state: inout State) {
    let aim = request.machine.map { "no machine \($0)" } ?? "no machine of fleet \(sender.fleet)"
    fail(.unavailable, "\(aim) is enrolled at \(sender.brokerName)", &state)
  }

  private func tellFindings(of roster: Roster) {
    let (machines, offline) = roster.totals
    lines.finding(
      SenderFinding(
        check: "broker", state: .ok, text: "\(sender.brokerName) takes \(sender.name)'s messages and sends receipts"))
    lines.finding(
      machines == 0
        ? SenderFinding(
          check: "machines", state: .wrong, text: "no machine is enrolled",
          fix: "install msg-relay on the machines, and enrol them")
        : SenderFinding(
          check: "machines", state: machines == offline ? .note : .ok,
          text: "\(machines - offline) online, \(offline) offline"))
  }

  private func fix(of error: MessengerError) -> String? {
    if ["certificate expired", "certificate revoked"].contains(where: error.message.contains) {
      return "ask the administrator for a new bundle: msg-fleet-ca sender \(sender.name) --renew"
    }
    return sender.broker.authorities.map {
      "openssl s_client -connect \(sender.broker.host):\(sender.broker.port) -CAfile \($0)"
        + (sender.broker.certificate.map { " -cert \($0)" } ?? "")
        + (sender.broker.key.map { " -key \($0)" } ?? "") + "  # says more"
    }
  }

  /// Ends it with an error.
  func fail(_ code: MessengerErrorCode, _ text: String, _ state: inout State) {
    fail(MessengerError(code, text), &state)
  }

  /// Ends it with an error.
  func fail(_ error: MessengerError, _ state: inout State) {
    guard !state.isOver else { return }
    if request.verb == .doctor {
      lines.finding(
        SenderFinding(
          check: "broker", state: .wrong, text: "\(sender.brokerName) can't be used", reason: error.message,
          fix: fix(of: error)))
    } else {
      lines.failed(error)
    }
    end(&state)
  }

  private func end(_ state: inout State) {
    state.isOver = true
    wake()
  }
}
