internal import MessengerContract
public import PlainJSON

/// The name of a fleet, a machine or a sender: one level of a topic, and what a certificate says as its common name.
public struct FleetName: Hashable, Sendable, CustomStringConvertible {
  /// The name.
  public let description: String

  /// Takes a name of ASCII letters, digits, `.`, `_` and `-`, which begins with a letter or a digit.
  ///
  /// - Returns: `nil` for any other text.
  public init?(_ text: some StringProtocol) {
    guard Origin.isName(text.utf8) else { return nil }
    description = String(text)
  }
}

extension FleetName: Comparable {
  /// By their bytes.
  public static func < (left: FleetName, right: FleetName) -> Bool { left.description < right.description }
}

extension FleetName: JSONConvertible {
  /// Reads a name.
  public init(_ value: JSONValue) throws(JSONError) {
    guard let name = value.text.flatMap({ FleetName($0) }) else { throw JSONError("not a name") }
    self = name
  }

  /// The name as a text.
  public var json: JSONValue { .text(description) }
}
