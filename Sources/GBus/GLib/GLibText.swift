internal import CGIO

/// Texts from GLib.
enum GLibText {
  /// Converts an array of GLib's that ends with `NULL`, and frees it.
  static func strings(taking array: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
    guard let array else { return [] }
    defer { g_strfreev(array) }
    return (0..<Int(g_strv_length(array))).compactMap { array[$0].map { String(cString: $0) } }
  }

  /// Returns the text of an error, which the caller must still free.
  static func message(of error: UnsafeMutablePointer<GError>?) -> String {
    error.map { String(cString: $0.pointee.message) } ?? "unknown error"
  }
}
