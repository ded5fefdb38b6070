internal import MessengerContract

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

extension FleetName: Codable {
  /// Reads a name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let name = FleetName(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a name")
    }
    self = name
  }

  /// Writes the name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
