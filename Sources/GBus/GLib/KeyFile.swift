internal import CGIO

/// What a key file says, line by line: groups of keys with values (GLib's reference, "Key-value file parser").
///
/// GLib reads nothing of a file that has one wrong line, and tells no line's number. So it is handed each line by
/// itself, beside the header of its group: what is wrong with one line spoils no other.
public struct KeyFile: Sendable, Equatable {
  /// A line that is neither empty nor a comment.
  public struct Line: Sendable, Equatable {
    /// Its number, from 1.
    public let number: Int
    /// What it says.
    public let content: Content
  }

  /// What a line can say.
  public enum Content: Sendable, Equatable {
    /// The header of a group.
    case group(String)
    /// A key's value, as it is written.
    case entry(group: String, key: String, value: String)
    /// Nothing, for it is wrong: why.
    case mistake(String)
  }

  /// The lines, in their order. What is written twice counts as it stands last.
  public let lines: [Line]

  /// Reads a file; `nil` where there is no such file.
  ///
  /// - Parameter path: the file's.
  /// - Throws: ``KeyFileError`` where it can't be read.
  public init?(path: String) throws(KeyFileError) {
    var content: UnsafeMutablePointer<CChar>?
    var length: gsize = 0
    var error: UnsafeMutablePointer<GError>?
    guard g_file_get_contents(path, &content, &length, &error) != 0 else {
      defer { g_clear_error(&error) }
      let isMissing = g_error_matches(error, g_file_error_quark(), Int32(G_FILE_ERROR_NOENT.rawValue)) != 0
      if isMissing { return nil }
      throw KeyFileError(message: GLibText.message(of: error))
    }
    defer { g_free(content) }
    self.init(String(decoding: UnsafeRawBufferPointer(start: content, count: Int(length)), as: UTF8.self))
  }

  /// Takes a file's text.
  public init(_ text: String) {
    var group: String?
    var lines: [Line] = []
    let texts = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, text) in texts.enumerated() {
      guard let content = Self.read(String(text), in: group) else { continue }
      if case .group(let name) = content { group = name }
      // Below a header that is wrong, lines belong to no group, rather than to the one before it.
      if case .mistake = content, Self.isHeader(text) { group = nil }
      lines.append(Line(number: index + 1, content: content))
    }
    self.lines = lines
  }

  private static func isHeader(_ line: some StringProtocol) -> Bool { line.first { !$0.isWhitespace } == "[" }

  /// What a line says below a group's header; `nil` for an empty one or a comment.
  private static func read(_ line: String, in group: String?) -> Content? {
    let file = g_key_file_new()
    defer { g_key_file_unref(file) }
    let isHeader = isHeader(line)
    let text = isHeader ? line : group.map { "[\($0)]\n\(line)" } ?? line
    var error: UnsafeMutablePointer<GError>?
    guard g_key_file_load_from_data(file, text, gsize(text.utf8.count), G_KEY_FILE_NONE, &error) != 0 else {
      defer { g_clear_error(&error) }
      return .mistake(GLibText.message(of: error))
    }
    guard let name = GLibText.strings(taking: g_key_file_get_groups(file, nil)).first else { return nil }
    if isHeader { return .group(name) }
    guard let key = GLibText.strings(taking: g_key_file_get_keys(file, name, nil, nil)).first,
      let value = g_key_file_get_value(file, name, key, nil)
    else { return nil }
    defer { g_free(value) }
    return .entry(group: name, key: key, value: String(cString: value))
  }
}

/// Why a key file could not be read.
public struct KeyFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What GLib says.
  public let message: String

  /// The message.
  public var description: String { message }
}
