import Glibc

extension Surroundings {
  /// Reads a file to its end, or until it has more bytes than `limit`.
  ///
  /// - Throws: an ``InputError`` that names the file.
  static func readFile(_ path: String, limit: Int) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw InputError.content("can't read \(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    return try readToEnd(descriptor, limit: limit, name: path)
  }

  /// Reads the rest of an open file, or until it has more bytes than `limit`.
  static func readToEnd(_ descriptor: Int32, limit: Int, name: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while bytes.count <= limit {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw InputError.content("can't read \(name): \(String(cString: strerror(errno)))") }
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// Whether permissions, those of the file or of a folder above it, keep the user from reading it.
  static func isForbidden(_ path: String) -> Bool { access(path, R_OK) != 0 && errno == EACCES }

  /// The name of a group in the group database. Nil if there is none.
  static func groupName(_ gid: UInt32) -> String? {
    // This program has one thread at that time.
    getgrgid(gid).map { String(cString: $0.pointee.gr_name) }
  }

  /// Up to `limit` of the names in a folder that don't begin with a dot. Empty if it can't be read.
  static func visibleEntries(of folder: String, limit: Int = .max) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < limit, let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }
}
