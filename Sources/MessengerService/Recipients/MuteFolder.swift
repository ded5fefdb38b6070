internal import Glibc
internal import MessengerContract

/// A folder with a file for each user who takes no messages. A file is named by the uid and contains the user name,
/// because the uid may later belong to somebody else. Its functions block.
struct MuteFolder: Sendable {
  /// Its path. To write, its parent must exist; to read, nothing need exist.
  let path: String

  /// The most bytes of a name, more than any has.
  private static let longestName = 1024

  /// Reads the names by uid. A name is empty if its file is, as earlier versions of msgd wrote it.
  ///
  /// - Returns: the names; none if there is no folder.
  /// - Throws: `Failed`, naming the folder.
  func read() throws -> [UInt32: String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [:] }
      throw failure("read")
    }
    defer { closedir(directory) }
    var names: [UInt32: String] = [:]
    while let file = try next(directory) {
      if let uid = UInt32(file), String(uid) == file { names[uid] = try name(in: file) }
    }
    return names
  }

  private func next(_ directory: OpaquePointer) throws -> String? {
    errno = 0
    guard let entry = readdir(directory) else {
      if errno != 0 { throw failure("read") }
      return nil
    }
    return withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private func name(in file: String) throws -> String {
    let descriptor = open("\(path)/\(file)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw failure("read") }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: Self.longestName)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    guard count >= 0 else { throw failure("read") }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  /// Adds a user. The change is on the disk when this returns.
  ///
  /// - Throws: `Failed`, naming the folder.
  func add(_ uid: UInt32, named name: String) throws {
    if mkdir(path, 0o700) == 0 { try sync(path + "/..") } else if errno != EEXIST { throw failure("write to") }
    let new = path + "/.new"
    do {
      try write(name, to: new)
      guard rename(new, "\(path)/\(uid)") == 0 else { throw failure("write to") }
    } catch {
      unlink(new)
      throw error
    }
    try sync(path)
  }

  private func write(_ name: String, to file: String) throws {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("write to") }
    defer { close(descriptor) }
    let count = name.utf8.count
    guard Glibc.write(descriptor, name, count) == count, fsync(descriptor) == 0 else { throw failure("write to") }
  }

  /// Removes a user. The change is on the disk when this returns.
  ///
  /// - Throws: `Failed`, naming the folder.
  func remove(_ uid: UInt32) throws {
    if unlink("\(path)/\(uid)") == 0 { try sync(path) } else if errno != ENOENT { throw failure("write to") }
  }

  /// Writes a folder's entries to the disk, so that they survive a power failure.
  private func sync(_ folder: String) throws {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("write to") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("write to") }
  }

  private func failure(_ verb: String) -> MessengerError {
    MessengerError(.failed, "msgd can't \(verb) \(path): \(String(cString: strerror(errno)))")
  }
}
