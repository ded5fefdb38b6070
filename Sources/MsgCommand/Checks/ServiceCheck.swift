import MessengerClient
import MessengerContract

/// Checks whether msgd runs or can be started, and has the version of msg.
struct ServiceCheck: Check {
  static let name = "service"

  /// Whether it is on another machine, whose msg may have another version.
  var isRemote = false
  /// Whether it ran before the check.
  var isRunning = false
  /// Whether the bus knows how to start it.
  var isActivatable = true
  /// The result of starting it, if it did not run.
  var start: BusAnswer<Void> = .success(())
  /// Its state from systemd, if it could not be started.
  var unit = Unit(name: "msgd")
  /// Whether its bus policy is missing. Without it msgd can't start.
  var hasNoPolicy = false
  /// Its version, if it runs.
  var version: BusAnswer<String> = .success(Messenger.version)

  /// Whether the bus knows it at all.
  var isInstalled: Bool { isRunning || isActivatable }
  /// Whether it can be called.
  var isThere: Bool { isRunning || isActivatable && start.failure == nil }

  var finding: Finding {
    guard isInstalled else {
      return wrong(
        "msgd is not installed", because: ["the bus knows no service \(Messenger.busName)"],
        fix: ["install msg; if it is installed: sudo systemctl reload dbus"])
    }
    if let failure = start.failure { return cannotStart(failure) }
    switch version {
    case .failure(let failure) where failure.isDenial: return unknown("the bus refuses access to msgd")
    case .failure(let failure):
      return wrong("msgd does not answer", because: [failure.text], fix: unit.fixes)
    case .success(let version): return answers(version)
    }
  }

  private func cannotStart(_ failure: BusError) -> Finding {
    let text = "msgd can't be started"
    if hasNoPolicy && !unit.isMasked { return unknown("msgd can't be started without its bus policy") }
    return wrong(text, because: unit.reasons(failure), fix: unit.fixes)
  }

  private func answers(_ version: String) -> Finding {
    guard version == Messenger.version else {
      let text = "msgd is of version \(version), and msg of \(Messenger.version)"
      return isRemote
        ? note(text)
        : wrong(text, fix: ["sudo systemctl try-restart msgd; if that doesn't help, install msg again"])
    }
    guard isActivatable else {
      return note(
        "msgd \(version) answers, but can't be started again when it has left",
        because: ["the bus knows no service \(Messenger.busName) that is to be started"],
        fix: ["install msg again, then: sudo systemctl reload dbus"])
    }
    return ok("msgd \(version) answers")
  }
}
