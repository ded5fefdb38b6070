/// The keys of a fleet in `fleets.conf`.
enum FleetKey: String, CaseIterable {
  case broker = "Broker"
  case authorities = "Authorities"
  case certificate = "Certificate"
  case key = "Key"
  case userName = "UserName"
  case passwordFile = "PasswordFile"
  case sender = "Sender"
  case signingKey = "SigningKey"
  case machines = "Machines"
}

/// A key's value, with its line.
struct FleetValue: Equatable {
  var text: String
  var line: Int
}

/// A group of `fleets.conf`, whose keys are known and whose values are not checked yet.
struct FleetGroup {
  let name: String
  private let file: String
  private let line: Int
  private var values: [FleetKey: FleetValue] = [:]

  init(name: String, file: String, line: Int) {
    self.name = name
    self.file = file
    self.line = line
  }

  /// The file and the line of its heading.
  var place: String { "\(file), line \(line)" }

  /// A key's value.
  subscript(key: FleetKey) -> FleetValue? { values[key] }

  /// Takes a line `Key=value`.
  mutating func take(_ text: Substring, line: Int) throws(FleetsFileError) {
    guard let equals = text.firstIndex(of: "=") else {
      throw FleetsFileError("\(file), line \(line): neither [a fleet] nor Key=value")
    }
    let name = text[..<equals].trimmed
    guard let key = FleetKey(rawValue: String(name)) else {
      throw FleetsFileError(
        "\(file), line \(line): unknown key '\(name)'; there are "
          + FleetKey.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard values[key] == nil else { throw FleetsFileError("\(file), line \(line): \(name)= is there twice") }
    let value = text[text.index(after: equals)...].trimmed
    guard !value.isEmpty else { throw FleetsFileError("\(file), line \(line): \(name)= has no value") }
    values[key] = FleetValue(text: String(value), line: line)
  }

  /// A value as a path.
  func path(_ value: FleetValue, home: String?) throws(FleetsFileError) -> String {
    if value.text.hasPrefix("/") { return value.text }
    if value.text.hasPrefix("~/") {
      guard let home else { throw error("HOME is not set, and \(value.text) is below it", at: value) }
      return home + value.text.dropFirst()
    }
    let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    return folder + value.text
  }

  /// A mistake in the group, or in one of its values.
  func error(_ reason: String, at value: FleetValue? = nil) -> FleetsFileError {
    FleetsFileError("\(file), line \(value?.line ?? line): [\(name)] \(reason)")
  }
}

extension Substring {
  /// Without white space at both ends.
  var trimmed: Substring {
    let rest = drop(while: \.isWhitespace)
    return rest.lastIndex { !$0.isWhitespace }.map { rest[...$0] } ?? ""
  }
}
