internal import Glibc
internal import MessengerContract

/// A folder with a file for each kept message, named by the message's id. Its functions block.
///
/// A file is written beside its place, and takes it when it is on the disk. So a crash or a full disk leaves the file
/// as it was before, or as it is to be.
struct MessageFolder: Sendable {
  /// What is found in the folder.
  struct Content: Sendable, Equatable {
    /// The messages, oldest first.
    var messages: [KeptMessage] = []
    /// The files that are none, or of another version, with the reasons. They stay where they are.
    var strange: [String] = []
    /// The largest id that a file is named by.
    var lastID: UInt64?
  }

  /// A step of writing or removing a file.
  enum Step: CaseIterable, Sendable { case makeFolder, create, write, sync, rename, syncFolder, remove }

  /// Its path. To write, its parent must exist; to read, nothing need exist.
  let path: String
  /// Called before each step, which fails with the error that it throws. Tests let steps fail.
  var before: @Sendable (Step) throws -> Void = { _ in }

  /// The largest file that is read, in bytes: more than the longest body of all and a thousand deliveries have.
  private static let largestFile = 4 << 20
  /// The largest id that a message may have; ids begin with the milliseconds since 1970.
  private static let largestID: UInt64 = 1 << 52
  /// The beginning of the names of files that are being written.
  private static let newPrefix = ".new-"

  /// Reads the messages. Files that were being written when msgd was killed are removed.
  ///
  /// - Returns: what is there; nothing if there is no folder.
  /// - Throws: `Failed`, naming the folder.
  func read() throws -> Content {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return Content() }
      throw failure("read")
    }
    defer { closedir(directory) }
    var content = Content()
    while let file = try next(directory) {
      guard let id = UInt64(file), String(id) == file else {
        if file.hasPrefix(Self.newPrefix) { unlink("\(path)/\(file)") }
        continue
      }
      guard id <= Self.largestID else {
        content.strange.append("\(path)/\(file): no message has this id")
        continue
      }
      content.lastID = max(content.lastID ?? 0, id)
      do {
        guard let message = KeptMessage(id: id, text: try text(in: file)) else {
          throw MessengerError(.failed, "it is damaged, or of another version of msgd")
        }
        content.messages.append(message)
      } catch {
        content.strange.append("\(path)/\(file): \(error)")
      }
    }
    content.messages.sort { $0.id < $1.id }
    content.strange.sort()
    return content
  }

  /// Writes a message's file, instead of the one that is there. It is on the disk when this returns.
  ///
  /// - Throws: `Failed`, naming the folder. The file is as it was before, or as it was to be: only the folder's entry
  ///   may be missing on the disk after a power failure.
  func write(_ message: KeptMessage) throws {
    try before(.makeFolder)
    if mkdir(path, 0o700) == 0 { try sync(path + "/..") } else if errno != EEXIST { throw failure("write to") }
    let bytes = Array(message.text.utf8)
    guard bytes.count <= Self.largestFile else {
      throw MessengerError(.failed, "the message and its deliveries are too large to be kept")
    }
    // An attempt that hangs must not write what a later one renames.
    let new = "\(path)/\(Self.newPrefix)\(message.id)-\(UInt32.random(in: .min ... .max))"
    do {
      try write(bytes, to: new)
      try before(.rename)
      guard rename(new, "\(path)/\(message.id)") == 0 else { throw failure("write to") }
    } catch {
      unlink(new)
      throw error
    }
    try before(.syncFolder)
    try sync(path)
  }

  /// Removes a message's file. That is on the disk when this returns.
  ///
  /// - Throws: `Failed`, naming the folder.
  func remove(_ id: UInt64) throws {
    try before(.remove)
    if unlink("\(path)/\(id)") == 0 { try sync(path) } else if errno != ENOENT { throw failure("write to") }
  }

  private func next(_ directory: OpaquePointer) throws -> String? {
    errno = 0
    guard let entry = readdir(directory) else {
      if errno != 0 { throw failure("read") }
      return nil
    }
    return withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private func text(in file: String) throws -> String {
    let descriptor = open("\(path)/\(file)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.error() }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count >= 0 else { throw Self.error() }
      if count == 0 { break }
      bytes += buffer.prefix(count)
      guard bytes.count <= Self.largestFile else { throw MessengerError(.failed, "it is too large") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw MessengerError(.failed, "it is not UTF-8") }
    return text
  }

  private func write(_ bytes: [UInt8], to file: String) throws {
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
    MessengerError(.failed, "msgd can't \(verb) \(path): \(String(cString: strerror(errno)))")
  }

  private static func error() -> MessengerError { MessengerError(.failed, String(cString: strerror(errno))) }
}
