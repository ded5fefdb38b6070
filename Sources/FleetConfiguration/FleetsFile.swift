/// A file of fleets: `/etc/msgd/fleets.conf`, or the user's. It has a group for each fleet.
///
///     [office]
///     Broker=broker.example.org
///     Sender=helpdesk
///     Certificate=helpdesk.crt
///     Key=helpdesk.key
///     SigningKey=~/.ssh/id_ed25519
///
/// `#` and `;` begin a comment at the start of a line.
public struct FleetsFile: Sendable {
  /// The system's file.
  public static let systemPath = "/etc/msgd/fleets.conf"

  /// The longest file that is read, in bytes.
  public static let maximumSize = 1 << 20

  private let path: String
  private let text: String

  /// Makes a file of its content.
  public init(path: String, text: String) {
    self.path = path
    self.text = text
  }

  /// The user's file.
  ///
  /// - Parameter variable: a variable of the environment.
  /// - Returns: its path. Nil if the user has no home.
  public static func userPath(_ variable: (String) -> String?) -> String? {
    let folder = variable("XDG_CONFIG_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
    return (folder ?? variable("HOME").map { "\($0)/.config" }).map { "\($0)/msg/fleets.conf" }
  }

  /// The names of the groups. Mistakes in the file are no concern here.
  public var names: [String] {
    lines.compactMap { Self.heading($0.text) }
  }

  /// Reads a fleet.
  ///
  /// - Parameters:
  ///   - name: the group's name.
  ///   - home: the user's home. Nil if it is unknown.
  /// - Returns: its settings. Nil if the file has no such group.
  /// - Throws: a ``FleetsFileError`` that names the line of a mistake in this group.
  public func settings(of name: String, home: String?) throws(FleetsFileError) -> FleetSettings? {
    var group: FleetGroup?
    var isInside = false
    for (number, text) in lines {
      if let heading = Self.heading(text) {
        isInside = heading == name
        guard isInside else { continue }
        guard group == nil else { throw FleetsFileError("\(path), line \(number): [\(name)] is there twice") }
        group = FleetGroup(name: name, file: path, line: number)
      } else if isInside {
        try group?.take(text, line: number)
      }
    }
    return try group.map { group throws(FleetsFileError) in try FleetSettings(group, home: home) }
  }

  /// The lines that say something, with their numbers.
  private var lines: [(number: Int, text: Substring)] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().compactMap { index, line in
      let text = line.trimmed
      return text.isEmpty || text.first == "#" || text.first == ";" ? nil : (index + 1, text)
    }
  }

  private static func heading(_ line: Substring) -> String? {
    guard line.first == "[", line.last == "]", line.count > 2 else { return nil }
    return String(line.dropFirst().dropLast().trimmed)
  }
}

/// A mistake in a file of fleets, with its line.
public struct FleetsFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, the line and the mistake.
  public let description: String

  init(_ description: String) { self.description = description }
}
