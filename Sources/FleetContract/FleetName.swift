/// The name of a fleet, a machine or a sender: one level of a topic, and what a certificate says as its common name.
public struct FleetName: Hashable, Sendable, CustomStringConvertible {
  /// The longest name, as of a certificate's common name (RFC 5280, `ub-common-name`).
  public static let longest = 64

  /// The name.
  public let description: String

  /// Takes a name of ASCII letters, digits, `.`, `_` and `-`, which begins with a letter or a digit.
  ///
  /// - Returns: `nil` for any other text.
  public init?(_ text: some StringProtocol) {
    let bytes = text.utf8
    guard (1...Self.longest).contains(bytes.count), let first = bytes.first, Self.isAlphanumeric(first),
      bytes.allSatisfy({
        Self.isAlphanumeric($0) || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains($0)
      })
    else { return nil }
    description = String(text)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
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
