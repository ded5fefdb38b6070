import Foundation

/// A file that this process holds a lock of, until it closes any descriptor of the file.
final class LockedFile: Sendable {
  let descriptor: Int32
  /// A descriptor that sees this process's locks as somebody else's (fcntl(2), open file description locks).
  private let observer: Int32

  private static let queryOfDescription: Int32 = 36  // F_OFD_GETLK, which Swift's module of glibc leaves out

  init() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID())").path
    defer { unlink(path) }
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    observer = open(path, O_RDWR | O_CLOEXEC)
    var lock = Self.whole
    guard fcntl(descriptor, F_SETLK, &lock) == 0, isLocked else { throw POSIXError(.EDEADLK) }
  }

  deinit { for descriptor in [descriptor, observer] { close(descriptor) } }

  var isLocked: Bool {
    var lock = Self.whole
    return fcntl(observer, Self.queryOfDescription, &lock) == 0 && lock.l_type == F_WRLCK
  }

  private static var whole: flock {
    flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
  }
}
