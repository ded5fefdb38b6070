/// A fleet, or one of its machines, as the command line names it: `office`, or `office/pc7`.
struct FleetTarget: Sendable, Hashable, CustomStringConvertible {
  /// The fleet's name in `fleets.conf`.
  let fleet: String
  /// The machine. Nil for all machines.
  var machine: String?

  /// As it is written.
  var description: String { fleet + (machine.map { "/\($0)" } ?? "") }

  /// The name of one of its machines in reports.
  func name(of machine: String) -> String { "\(fleet)/\(machine)" }
}

extension FleetTarget {
  /// The fleet or machine of a word, whether there is one or not.
  init(_ word: String) {
    let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(fleet: String(parts[0]), machine: parts.count == 2 ? String(parts[1]) : nil)
  }
}
