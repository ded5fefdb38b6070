import FleetConfiguration
import MessengerClient

/// The names of the fleets that the user can send to.
struct FleetNames {
  /// The names.
  private(set) var names: Set<String> = []
  /// The files that the user may not read, and that may have more. Nobody needs them for a host.
  private(set) var closedFiles: [String] = []

  /// How many names stand in an error.
  private static let mostInErrors = 5

  /// Reads the names in the user's file and the system's. Nothing else of the files is looked at: msg-fleet names
  /// mistakes.
  ///
  /// - Throws: an ``InputError`` if a file can't be read for another reason than its permissions.
  static func read(in surroundings: Surroundings) throws -> FleetNames {
    var fleets = FleetNames()
    for path in surroundings.fleetFiles {
      let isThere = surroundings.fileExists(path)
      if surroundings.isForbidden(path) {
        // Of a home that isn't the user's own, as after sudo, nobody knows whether it has such a file.
        if isThere || path == FleetsFile.systemPath { fleets.closedFiles.append(path) }
      } else if isThere {
        fleets.names.formUnion(try file(path, in: surroundings).names)
      }
    }
    return fleets
  }

  /// Reads a file of fleets.
  ///
  /// - Throws: an ``InputError`` if it can't be read.
  static func file(_ path: String, in surroundings: Surroundings) throws -> FleetsFile {
    let bytes = try surroundings.readFile(path, FleetsFile.maximumSize)
    return FleetsFile(
      path: path, text: try UTF8Text.decode(Array(bytes.prefix(FleetsFile.maximumSize)), source: path))
  }

  /// The machines that `Machines=` of a fleet names.
  ///
  /// - Returns: their names. Empty if it names none, or the file has a mistake.
  static func machines(of fleet: String, in surroundings: Surroundings) -> [String] {
    let home = surroundings.home()
    let settings = surroundings.fleetFiles.lazy.compactMap { path in
      try? file(path, in: surroundings).settings(of: fleet, home: home)
    }
    switch settings.first?.machines {
    case .names(let names)?: return names
    case .file(let path)?:
      let bytes = try? surroundings.readFile(path, FleetsFile.maximumSize)
      return FleetSettings.names(in: String(decoding: bytes ?? [], as: UTF8.self))
    case nil: return []
    }
  }

  /// Whether a fleet has this name.
  func contains(_ name: String) -> Bool { names.contains(name) }

  /// Whether there is, as far as the user may know, no fleet at all.
  var isEmpty: Bool { names.isEmpty && closedFiles.isEmpty }

  /// That no fleet has a name, or that there is none at all, and which ones there are or what has to be done, as the
  /// end of a sentence.
  func absence(of name: String? = nil) -> String {
    let absence = "there is no fleet" + (name.map { " '\($0)'" } ?? "")
    if let file = closedFiles.first { return "\(absence) that you may see: \(file) must be readable for you" }
    return absence + (names.isEmpty ? ": see fleets.conf(5)" : ", only \(list)")
  }

  /// The names in a sentence: `office, shop`.
  var list: String {
    names.sorted().prefix(Self.mostInErrors).joined(separator: ", ") + (names.count > Self.mostInErrors ? " …" : "")
  }

  /// What to add to the error of a host that can't be reached: its name may have been meant for a fleet's. Nil if there
  /// are no fleets, or the host has a domain, is an address or stands with a user.
  func remark(on host: String) -> String? {
    let isPlain = host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "-" || $0 == "_" }
    return !isEmpty && isPlain ? absence(of: host) : nil
  }
}

extension Surroundings {
  /// Reports why a call has failed.
  ///
  /// - Parameters:
  ///   - error: the error.
  ///   - prefix: the host before the text, which that of a `ClientError` names itself.
  func complain(about error: any Error, on prefix: String = "") {
    guard let error = error as? ClientError else { return complainByName("\(prefix)\(error)") }
    guard case .busUnreachable(let host, _) = error, let fleets = try? FleetNames.read(in: self),
      let remark = fleets.remark(on: host)
    else { return complainByName("\(error)") }
    complainByName("\(error); and \(remark)")
  }
}
