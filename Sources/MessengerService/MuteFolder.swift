internal import Glibc
internal import MessengerContract

/// A folder with an empty file for each user who takes no messages, named by their uid. Its functions block.
struct MuteFolder: Sendable {
  /// Where it is; its parent must exist to write, nothing to read.
  let path: String

  /// The uids.
  ///
  /// - Returns: those of the files; a folder that isn't there has none.
  /// - Throws: `Failed`, naming the folder.
  func read() throws -> Set<UInt32> {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [] }
      throw failure("read")
    }
    defer { closedir(directory) }
    var uids: Set<UInt32> = []
    while let name = try next(directory) {
      if let uid = UInt32(name), String(uid) == name { uids.insert(uid) }
    }
    return uids
  }

  private func next(_ directory: OpaquePointer) throws -> String? {
    errno = 0
    guard let entry = readdir(directory) else {
      if errno != 0 { throw failure("read") }
      return nil
    }
    return withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// Adds a user, for good when this returns.
  ///
  /// - Throws: `Failed`, naming the folder.
  func add(_ uid: UInt32) throws {
    if mkdir(path, 0o700) == 0 { try sync(path + "/..") } else if errno != EEXIST { throw failure("write to") }
    let file = open("\(path)/\(uid)", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw failure("write to") }
    close(file)
    try sync(path)
  }

  /// Takes a user out, for good when this returns.
  ///
  /// - Throws: `Failed`, naming the folder.
  func remove(_ uid: UInt32) throws {
    if unlink("\(path)/\(uid)") == 0 { try sync(path) } else if errno != ENOENT { throw failure("write to") }
  }

  /// Makes the names in a folder survive a power failure.
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
