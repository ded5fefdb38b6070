internal import CGIO

/// This machine's id (machine-id(5)).
enum MachineID {
  private static let files = ["/etc/machine-id", "/var/lib/dbus/machine-id"]

  /// Reads the id.
  ///
  /// - Throws: ``BusError/local(_:)`` if there is none.
  static func read() throws -> String {
    for file in files {
      var content: UnsafeMutablePointer<gchar>?
      guard g_file_get_contents(file, &content, nil, nil) != 0, let content else { continue }
      defer { g_free(content) }
      let id = String(cString: content).prefix(32)
      if id.utf8.count == 32 { return String(id) }
    }
    throw BusError.local("this machine has no id")
  }
}
