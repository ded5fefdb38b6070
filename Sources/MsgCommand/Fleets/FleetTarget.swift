import FleetConfiguration

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

/// The names of fleets.
enum FleetNames {
  /// The names in the user's file and the system's. Nothing else of the files is looked at: msg-fleet names mistakes.
  ///
  /// - Throws: an ``InputError`` if a file is there and can't be read.
  static func read(in surroundings: Surroundings) throws -> Set<String> {
    var names: Set<String> = []
    for path in surroundings.fleetFiles where surroundings.fileExists(path) {
      let bytes = try surroundings.readFile(path, FleetsFile.maximumSize)
      let text = try UTF8Text.decode(Array(bytes.prefix(FleetsFile.maximumSize)), source: path)
      names.formUnion(FleetsFile(path: path, text: text).names)
    }
    return names
  }
}
