import Glibc
import Platform

/// What standard input has when a command reads it piece by piece.
enum InputChunk: Sendable, Equatable {
  /// Bytes; at least one.
  case bytes([UInt8])
  /// Nothing new in the time that was given.
  case nothing
  /// It has ended.
  case end
}

extension InputChunk {
  /// The most bytes that are read at once.
  private static let longest = 1 << 14

  /// Waits for input.
  ///
  /// - Parameters:
  ///   - descriptor: the file that it comes from.
  ///   - timeout: how long to wait; nil without limit.
  /// - Returns: what there was.
  /// - Throws: an ``InputError`` if it can't be read.
  static func next(from descriptor: Int32, within timeout: Duration?) throws -> InputChunk {
    let deadline = timeout.map { Deadline.now + $0 }
    while true {
      var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let wait = deadline.map { Int32(clamping: ($0.remaining.microseconds + 999) / 1000) } ?? -1
      let count = poll(&state, 1, wait)
      if count == 0 { return .nothing }
      if count > 0, let chunk = try read(descriptor) { return chunk }
      guard count > 0 || errno == EINTR else { throw error(errno) }
    }
  }

  /// Reads what is there. Nil if a signal came first.
  private static func read(_ descriptor: Int32) throws -> InputChunk? {
    var buffer = [UInt8](repeating: 0, count: longest)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return nil }
    guard count >= 0 else { throw error(errno) }
    return count == 0 ? .end : .bytes(Array(buffer[..<count]))
  }

  private static func error(_ number: Int32) -> InputError {
    InputError.content("can't read standard input: \(String(cString: strerror(number)))")
  }
}
