internal import Glibc

/// A small file, read and written in one go. None of it blocks: the files are in memory, in `/run`.
enum SmallFile {
  /// The most bytes that are read of a file. logind's longest wall message has 4096 bytes, each of which may be written
  /// as four.
  private static let limit = 20_000

  /// Returns what a file contains; `nil` if it can't be read.
  static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = Glibc.read(descriptor, &buffer, limit)
    return count < 0 ? nil : Array(buffer.prefix(count))
  }

  /// Writes a file, whole or not at all.
  ///
  /// - Returns: whether it could be written.
  static func write(_ bytes: [UInt8], to path: String) -> Bool {
    let descriptor = open("\(path).new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return false }
    let count = Glibc.write(descriptor, bytes, bytes.count)
    close(descriptor)
    return count == bytes.count && rename("\(path).new", path) == 0
  }
}
