internal import CGIO

/// What a key file says: groups of keys with values (GLib's reference, "Key-value file parser").
public struct KeyFile: Sendable, Equatable {
  /// The values as they are written, by group and key. What is written twice counts as it stands last.
  public let groups: [String: [String: String]]

  /// What a file would say.
  public init(groups: [String: [String: String]]) { self.groups = groups }

  /// Reads a file.
  ///
  /// - Returns: `nil` where there is no such file.
  /// - Throws: ``KeyFileError`` where it can't be read, or is no key file.
  public init?(path: String) throws(KeyFileError) {
    let file = g_key_file_new()
    defer { g_key_file_unref(file) }
    var error: UnsafeMutablePointer<GError>?
    if g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &error) == 0 {
      defer { g_clear_error(&error) }
      let isMissing = g_error_matches(error, g_file_error_quark(), Int32(G_FILE_ERROR_NOENT.rawValue)) != 0
      if isMissing { return nil }
      throw KeyFileError(message: error.map { String(cString: $0.pointee.message) } ?? "unknown error")
    }
    groups = Dictionary(
      uniqueKeysWithValues: Set(Self.strings(g_key_file_get_groups(file, nil))).map {
        ($0, Self.keys(of: $0, in: file))
      })
  }

  private static func keys(of group: String, in file: OpaquePointer?) -> [String: String] {
    strings(g_key_file_get_keys(file, group, nil, nil)).reduce(into: [:]) { keys, key in
      guard let value = g_key_file_get_value(file, group, key, nil) else { return }
      defer { g_free(value) }
      keys[key] = String(cString: value)
    }
  }

  /// Takes over an array of GLib's that ends with `NULL`, and frees it.
  private static func strings(_ array: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
    guard let array else { return [] }
    defer { g_strfreev(array) }
    return (0..<Int(g_strv_length(array))).compactMap { array[$0].map { String(cString: $0) } }
  }
}

/// Why a key file could not be read.
public struct KeyFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What GLib says: of a wrong line, with its text.
  public let message: String

  /// The message.
  public var description: String { message }
}
