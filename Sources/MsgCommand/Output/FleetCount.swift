/// How a message stands in a fleet, for the line that counts meanwhile: `9 812 shown, 120 offline, 68 not yet`.
struct FleetCount: Equatable {
  /// The machines that should answer.
  var machines = 0
  /// Those that are offline and have not answered.
  var offline = 0
  /// Those that have answered.
  var answered = 0
  /// Those of them that have shown it to somebody.
  var shown = 0
  /// Those of them where nothing changes any more, while `/W` waits.
  var ended = 0

  /// The largest number of machines that a sender counts at a glance.
  private static let glance = 3

  /// The count as one line, without the zeros. Nil if it isn't worth a line.
  var line: String? {
    guard machines > Self.glance else { return nil }
    let parts = [
      (shown, "shown"), (ended, "ended"), (offline, "offline"), (machines - offline - answered, "not yet"),
    ].filter { $0.0 > 0 }
    return parts.isEmpty ? nil : parts.map { "\(MachineGroups.grouped($0)) \($1)" }.joined(separator: ", ")
  }
}
