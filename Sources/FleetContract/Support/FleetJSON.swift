internal import FoundationEssentials

/// The JSON of payloads, receipts, presence, and of the lines between `msg` and `msg-fleet`.
public enum FleetJSON {
  /// Writes a value in one line, with its keys in a fixed order.
  ///
  /// - Throws: `EncodingError` for a number that JSON doesn't have.
  public static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
  }

  /// Reads a value.
  ///
  /// - Throws: a ``FormatError`` if it is something else.
  public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(FormatError) -> Value {
    do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch { throw FormatError(error) }
  }
}

/// Why something is no payload, receipt or the like.
public struct FormatError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The place and the reason, in words.
  public let description: String

  init(_ error: any Error) {
    let context: DecodingError.Context? =
      switch error as? DecodingError {
      case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?, .keyNotFound(_, let context)?,
        .dataCorrupted(let context)?:
        context
      default: nil
      }
    let path = context?.codingPath.map(\.stringValue).joined(separator: ".") ?? ""
    description = (path.isEmpty ? "" : "\(path): ") + (context?.debugDescription ?? "\(error)")
  }
}
