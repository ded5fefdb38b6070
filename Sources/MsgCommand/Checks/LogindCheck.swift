import MessengerClient

/// Checks logind, which knows who is logged in.
struct LogindCheck: Check {
  static let name = "logind"

  /// The number of sessions that it knows.
  var sessionCount: BusAnswer<Int>
  /// Its state from systemd, if it can't be asked.
  var unit = Unit(name: "systemd-logind")

  var finding: Finding {
    switch sessionCount {
    case .success(let count): ok("knows \(count) session\(count == 1 ? "" : "s")")
    case .failure(let failure):
      wrong(
        "it can't be asked, so msgd doesn't know who is logged in", because: unit.reasons(failure),
        fix: unit.fixes)
    }
  }
}
