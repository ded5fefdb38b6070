/// The options in a command line, as ``OptionReader`` found them.
public struct ParsedOptions: Sendable {
  /// The values as they were written, by the option as it was written, with its dashes.
  let texts: [String: String]

  /// Whether an option was given.
  public func has(_ option: OptionReader.Option) -> Bool { self[option] != nil }

  /// An option's value, empty if it takes none; `nil` if the option wasn't given.
  public subscript(option: OptionReader.Option) -> String? {
    texts["--\(option.name)"] ?? option.letter.flatMap { texts["-\($0)"] }
  }

  /// Returns the value of an option that takes a number.
  ///
  /// - Parameter option: the option.
  /// - Returns: the number; `nil` if the option wasn't given.
  /// - Throws: ``OptionError`` if the value isn't a number, or is out of range.
  public func number(_ option: OptionReader.Option) throws(OptionError) -> UInt32? {
    guard let text = self[option] else { return nil }
    // GLib's own numbers are signed, and octal after a leading zero.
    guard let number = UInt32(text) else {
      throw OptionError(message: "--\(option.name) takes a number from 0 to \(UInt32.max), not “\(text)”")
    }
    return number
  }
}

/// A mistake in a command line.
public struct OptionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// GLib's message, or one in its style.
  public let message: String

  /// The message.
  public var description: String { message }
}
