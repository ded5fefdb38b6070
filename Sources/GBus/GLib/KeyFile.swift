internal import CGIO

/// The content of a key file, line by line: groups of keys with values (GLib's reference, "Key-value file parser").
///
/// GLib reads nothing of a file with one wrong line, and doesn't report the line's number. So each line is passed to
/// GLib separately, below the header of its group, and a wrong line affects no other.
public struct KeyFile: Sendable, Equatable {
  /// A line that is neither empty nor a comment.
  public struct Line: Sendable, Equatable {
    /// The line's number, from 1.
    public let number: Int
    /// The line's content.
    public let content: Content
  }

  /// The content of a line.
  public enum Content: Sendable, Equatable {
    /// The header of a group.
    case group(String)
    /// A key's value, as it is written.
    case entry(group: String, key: String, value: String)
    /// A mistake, with the reason.
    case mistake(String)
  }

  /// The lines, in order. If something occurs twice, the last occurrence counts.
  public let lines: [Line]

  /// Reads a file; `nil` if it doesn't exist.
  ///
  /// - Parameter path: the file's path.
  /// - Throws: ``KeyFileError`` if the file can't be read.
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

  /// Reads a file's text.
  public init(_ text: String) {
    var group: String?
    var lines: [Line] = []
    let texts = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, text) in texts.enumerated() {
      guard let content = Self.read(String(text), in: group) else { continue }
      if case .group(let name) = content { group = name }
      // Lines below a wrong header belong to no group, rather than to the group before it.
      if case .mistake = content, Self.isHeader(text) { group = nil }
      lines.append(Line(number: index + 1, content: content))
    }
    self.lines = lines
  }

  /// Whether GLib takes a line for a header: a bracket behind what `g_ascii_isspace` takes for white space.
  private static func isHeader(_ line: some StringProtocol) -> Bool {
    line.unicodeScalars.first { !" \t\n\u{C}\r".unicodeScalars.contains($0) } == "["
  }

  /// Reads a line below a group's header; `nil` if it is empty or a comment.
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

extension KeyFile {
  /// Passes on the entries of a file that has one group.
  ///
  /// - Parameters:
  ///   - group: the group.
  ///   - set: takes a key and its value, and returns what is wrong with them; `nil` for nothing.
  /// - Returns: the mistakes in the file, in the order of its lines, each with its line's number.
  public func complaints(group: String, _ set: (_ key: String, _ value: String) -> String?) -> [String] {
    lines.compactMap { line in
      let complaint: String? =
        switch line.content {
        case .mistake(let reason): reason
        case .group(group): nil
        case .group(let name): "there is no group [\(name)]"
        case .entry(group, let key, let value): set(key, value)
        case .entry: nil  // its group's header was reported
        }
      return complaint.map { "\(line.number): \($0)" }
    }
  }

  /// Reads a word for yes or no, as systemd does (systemd.syntax(7)).
  public static func choice(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "1", "yes", "y", "true", "t", "on": true
    case "0", "no", "n", "false", "f", "off": false
    default: nil
    }
  }
}

/// The reason why a key file could not be read.
public struct KeyFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// GLib's message.
  public let message: String

  /// The message.
  public var description: String { message }
}
