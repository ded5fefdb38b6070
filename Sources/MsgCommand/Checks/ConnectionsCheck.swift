import MessengerClient

/// Checks `msgd-connect`, through which msgd reaches users' session buses.
struct ConnectionsCheck: Check {
  static let name = "connections"

  /// The state of its socket unit, such as `active`.
  var socket: BusAnswer<String> = .success("active")
  /// The result of its last run, such as `success`. Nil if it is unknown.
  var result: String?

  var finding: Finding {
    switch socket {
    case .failure: unknown("systemd can't be asked about msgd-connect")
    case .success("active"): lastRun
    case .success(let state):
      wrong(
        "msgd can't connect to anybody's desktop", because: ["msgd-connect.socket is \(state)"] + runs,
        fix: [
          "journalctl -u msgd-connect  # says why, where it has failed",
          "sudo systemctl reset-failed msgd-connect; sudo systemctl start msgd-connect.socket",
        ])
    }
  }

  private var lastRun: Finding {
    runs.isEmpty
      ? ok("msgd-connect can be asked")
      : note("msgd-connect can be asked", because: runs, fix: ["journalctl -u msgd-connect  # says why"])
  }

  private var runs: [String] {
    guard let result, result != "success" else { return [] }
    return ["msgd-connect.service has failed: \(result)"]
  }
}
