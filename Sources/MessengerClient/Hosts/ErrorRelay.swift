import CDBus
import Glibc
import Platform

/// Passes on a child's standard error, without carriage returns. ssh ends its lines with one (log.c, do_log), for
/// terminals that it has switched to raw mode, and files would have them too.
///
/// A thread of its own does this, because libdbus waits only for its own descriptor. For use by one thread.
final class ErrorRelay {
  /// The descriptor that becomes the child's standard error.
  let input: Int32
  private let endTimeout: Int32
  private var isOpen = true
  /// Reaches its end when everything is passed on.
  private let finished: Int32

  /// Opens the relay.
  ///
  /// - Parameters:
  ///   - destination: where to write it.
  ///   - endTimeout: how long to wait for the end of the output after the child has ended, in milliseconds. A
  ///     connection that ssh shares (`ControlPersist`) keeps standard error open. Negative: without limit.
  /// - Throws: a ``SystemError`` if descriptors or a thread can't be made.
  init(to destination: Int32 = STDERR_FILENO, endTimeout: Int32 = 1000) throws(SystemError) {
    var opened: [Int32] = []
    do throws(SystemError) {
      let (output, input) = try Self.pipe()
      opened = [output, input]
      let (finished, end) = try Self.pipe()
      opened += [finished, end]
      try WorkThread.start(Work(output: output, destination: destination, end: end).run)
      self.input = input
      self.finished = finished
      self.endTimeout = endTimeout
    } catch {
      for descriptor in opened { close(descriptor) }
      throw error
    }
  }

  deinit {
    release()
    close(finished)
  }

  /// Closes this process's copy of the child's end.
  func release() {
    if isOpen { close(input) }
    isOpen = false
  }

  /// Waits until everything is passed on.
  func finish() {
    release()
    var end = pollfd(fd: finished, events: Int16(POLLIN), revents: 0)
    while poll(&end, 1, endTimeout) < 0 && errno == EINTR {}
  }

  private static func pipe() throws(SystemError) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemError("pipe2") }
    return (ends[0], ends[1])
  }

  /// The thread's work.
  private struct Work: Sendable {
    let output: Int32
    let destination: Int32
    let end: Int32

    func run() {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(output, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        pass(buffer[..<count].filter { $0 != UInt8(ascii: "\r") })
      }
      close(output)
      close(end)
    }

    private func pass(_ bytes: [UInt8]) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(destination, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        // Otherwise the child would wait for room that never comes.
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }
  }
}
