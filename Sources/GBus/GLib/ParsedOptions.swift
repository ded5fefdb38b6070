/// The options that a command line has, as ``OptionReader`` found them.
public struct ParsedOptions: Sendable {
  /// The values as they were written, by the option as it was written, with its dashes.
  let texts: [String: String]

  /// Whether an option is there.
  public func has(_ option: OptionReader.Option) -> Bool { self[option] != nil }

  /// An option's value, which is empty where it takes none; `nil` where the option isn't there.
  public subscript(option: OptionReader.Option) -> String? {
    texts["--\(option.name)"] ?? option.letter.flatMap { texts["-\($0)"] }
  }

  /// The value of an option that takes a number.
  ///
  /// - Parameter option: which.
  /// - Returns: the number; `nil` where the option isn't there.
  /// - Throws: ``OptionError`` where the value is none, or out of range.
  public func number(_ option: OptionReader.Option) throws(OptionError) -> UInt32? {
    guard let text = self[option] else { return nil }
    // GLib's own numbers are signed, and octal with a zero before them.
    guard let number = UInt32(text) else {
      throw OptionError(message: "--\(option.name) takes a number from 0 to \(UInt32.max), not “\(text)”")
    }
    return number
  }
}

/// What is wrong with a command line.
public struct OptionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What GLib says, or what it would.
  public let message: String

  /// The message.
  public var description: String { message }
}
