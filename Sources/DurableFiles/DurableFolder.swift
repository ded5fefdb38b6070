internal import Glibc
internal import MessengerContract

/// A folder whose files are on the disk, whole, when a change returns: neither a crash nor a full disk leaves half of
/// one, or takes the former one away. Its functions block.
package struct DurableFolder: Sendable {
  /// A look into the folder, and the steps of a change, in order.
  package enum Step: CaseIterable, Sendable { case list, makeFolder, create, write, sync, rename, syncFolder, remove }

  /// Its path. To write, its parent must exist; to read, nothing need exist.
  package let path: String
  /// Called before each step, which fails with the error that it throws. Tests let steps fail, or take long.
  package var before: @Sendable (Step) throws -> Void = { _ in }

  /// Whose folder it is, for errors.
  private let program: String

  /// Makes the folder at a path, of a program.
  package init(path: String, program: String) {
    self.path = path
    self.program = program
  }

  /// The beginning of the names of files that are being written.
  private static let newPrefix = ".new-"

  /// Returns the names of the files in it, among them those that are being written.
  ///
  /// - Returns: the names; none if there is no folder.
  /// - Throws: `Failed`, naming the folder.
  package func files() throws -> [String] {
    try before(.list)
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [] }
      throw failure("read")
    }
    defer { closedir(directory) }
    var files: [String] = []
    while let file = try next(directory) { files.append(file) }
    return files
  }

  /// Removes a file that was being written when its writer was killed; leaves others alone.
  ///
  /// - Returns: whether it was such a file.
  @discardableResult
  package func removeUnfinished(_ file: String) -> Bool {
    guard file.hasPrefix(Self.newPrefix) else { return false }
    unlink("\(path)/\(file)")
    return true
  }

  private func next(_ directory: OpaquePointer) throws -> String? {
    errno = 0
    guard let entry = readdir(directory) else {
      if errno != 0 { throw failure("read") }
      return nil
    }
    return withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - file: its name.
  ///   - limit: the most bytes that are read.
  /// - Returns: its bytes, up to the limit.
  /// - Throws: `Failed`, with the reason alone.
  package func read(_ file: String, upTo limit: Int) throws -> [UInt8] {
    let descriptor = open("\(path)/\(file)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.error() }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: min(limit, 65_536))
    while bytes.count < limit {
      let count = Glibc.read(descriptor, &buffer, min(buffer.count, limit - bytes.count))
      guard count >= 0 else { throw Self.error() }
      if count == 0 { break }
      bytes += buffer.prefix(count)
    }
    return bytes
  }

  /// Writes a file, instead of the one that is there.
  ///
  /// - Parameters:
  ///   - bytes: its content.
  ///   - file: its name.
  ///   - attempt: tells attempts apart that may be under way at the same time: one that hangs must not write what a
  ///     later one renames.
  /// - Throws: `Failed`, naming the folder. The file is as it was before, or as it was to be: only the folder's entry
  ///   may be missing on the disk after a power failure.
  package func write(_ bytes: [UInt8], to file: String, attempt: UInt32 = 0) throws {
    try before(.makeFolder)
    if mkdir(path, 0o700) == 0 { try sync(path + "/..") } else if errno != EEXIST { throw failure("write to") }
    let new = "\(path)/\(Self.newPrefix)\(file)-\(attempt)"
    do {
      try create(new, with: bytes)
      try before(.rename)
      guard rename(new, "\(path)/\(file)") == 0 else { throw failure("write to") }
    } catch {
      unlink(new)
      throw error
    }
    try before(.syncFolder)
    try sync(path)
  }

  /// Removes a file, if it is there.
  ///
  /// - Throws: `Failed`, naming the folder.
  package func remove(_ file: String) throws {
    try before(.remove)
    if unlink("\(path)/\(file)") == 0 { try sync(path) } else if errno != ENOENT { throw failure("write to") }
  }

  private func create(_ file: String, with bytes: [UInt8]) throws {
    try before(.create)
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("write to") }
    defer { close(descriptor) }
    try before(.write)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw failure("write to") }
      rest = rest.dropFirst(count)
    }
    try before(.sync)
    guard fsync(descriptor) == 0 else { throw failure("write to") }
  }

  /// Writes a folder's entries to the disk, so that they survive a power failure.
  private func sync(_ folder: String) throws {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("write to") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("write to") }
  }

  private func failure(_ verb: String) -> MessengerError {
    MessengerError(.failed, "\(program) can't \(verb) \(path): \(Self.error().message)")
  }

  private static func error() -> MessengerError { MessengerError(.failed, String(cString: strerror(errno))) }
}
