internal import CProcess
internal import Glibc

/// A pipe whose ends close with it, or before. Its descriptors are not among the first five, so that they can be moved
/// to those in a child.
final class Pipe {
  private(set) var reader: Int32
  private(set) var writer: Int32

  init() throws(SignatureError) {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw SignatureError("pipe2: \(String(cString: strerror(errno)))") }
    for index in ends.indices where ends[index] < 5 {
      let moved = fcntl(ends[index], F_DUPFD_CLOEXEC, 5)
      Glibc.close(ends[index])
      ends[index] = moved
    }
    (reader, writer) = (ends[0], ends[1])
    guard reader >= 0, writer >= 0 else { throw SignatureError("fcntl: \(String(cString: strerror(errno)))") }
  }

  /// Makes a pipe from which these bytes can be read, and nothing after them.
  convenience init(holding bytes: [UInt8]) throws(SignatureError) {
    try self.init()
    makeWriterNonblocking()
    guard write(bytes[...]).isEmpty else { throw SignatureError("\(bytes.count) bytes don't fit in a pipe") }
    closeWriter()
  }

  deinit {
    closeReader()
    closeWriter()
  }

  func closeReader() { Self.end(&reader) }

  func closeWriter() { Self.end(&writer) }

  func makeWriterNonblocking() { _ = fcntl(writer, F_SETFL, O_NONBLOCK) }

  /// Writes what the pipe takes now, and returns the rest, which is empty if nobody reads any more. That is no reason
  /// for SIGPIPE, which would end this process.
  func write(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let signal = HeldBrokenPipeSignal()
    defer { signal.release() }
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(writer, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return errno == EAGAIN ? rest : [] }
      rest = rest.dropFirst(count)
    }
    return rest
  }

  /// Reads once, and keeps up to `limit` bytes in all.
  ///
  /// - Returns: whether more may come.
  func read(into bytes: inout [UInt8], atMost limit: Int) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(reader, &chunk, chunk.count)
    if count < 0 && errno == EINTR { return true }
    guard count > 0 else { return false }
    bytes += chunk[..<count].prefix(limit - bytes.count)
    return true
  }

  private static func end(_ descriptor: inout Int32) {
    guard descriptor >= 0 else { return }
    Glibc.close(descriptor)
    descriptor = -1
  }
}

/// SIGPIPE of this thread, held back.
private struct HeldBrokenPipeSignal {
  private var signal = sigset_t()
  private var mask = sigset_t()
  private let wasPending: Bool

  init() {
    var pending = sigset_t()
    sigpending(&pending)
    wasPending = sigismember(&pending, SIGPIPE) == 1
    sigemptyset(&signal)
    sigaddset(&signal, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signal, &mask)
  }

  /// Takes away the signal that has come since.
  func release() {
    var (signal, mask, now) = (signal, mask, timespec())
    while !wasPending && sigtimedwait(&signal, nil, &now) < 0 && errno == EINTR {}
    pthread_sigmask(SIG_SETMASK, &mask, nil)
  }
}
