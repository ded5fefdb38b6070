package import GBus
internal import Glibc

/// Helpers for file descriptors that go through sockets.
package enum Passing {
  /// Sends bytes, and any number of descriptors with the first of them (cmsg(3), whose macros Swift doesn't have).
  ///
  /// - Returns: what sendmsg(2) returns.
  package static func send(_ bytes: [UInt8], with descriptors: [Int32], to socket: Int32) -> Int {
    let header = MemoryLayout<cmsghdr>.size
    let length = header + descriptors.count * MemoryLayout<Int32>.size
    let control = UnsafeMutableRawBufferPointer.allocate(byteCount: (length + 7) / 8 * 8, alignment: 8)
    defer { control.deallocate() }
    control.storeBytes(of: length, as: Int.self)
    control.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: Int32.self)
    control.storeBytes(of: Int32(SCM_RIGHTS), toByteOffset: 12, as: Int32.self)
    for (index, descriptor) in descriptors.enumerated() {
      control.storeBytes(of: descriptor, toByteOffset: header + 4 * index, as: Int32.self)
    }
    var bytes = bytes
    return bytes.withUnsafeMutableBytes { bytes in
      var portion = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
      return withUnsafeMutablePointer(to: &portion) { portion in
        var message = msghdr()
        (message.msg_iov, message.msg_iovlen) = (portion, 1)
        if !descriptors.isEmpty { (message.msg_control, message.msg_controllen) = (control.baseAddress, control.count) }
        return sendmsg(socket, &message, Int32(MSG_NOSIGNAL))
      }
    }
  }
}

/// A pipe whose writing end is passed around. The reader notices when the last descriptor of that end is closed.
package final class PassedPipe: Sendable {
  /// The end that is passed, until ``release()``.
  package let writing: Int32
  private let reading: Int32

  /// Makes a pipe.
  package init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw BusError.local("pipe") }
    (reading, writing) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }

  deinit { close(reading) }

  /// Closes this process's own writing end. Only the passed ones remain.
  package func release() { close(writing) }

  /// Returns when no writing end is open any more.
  @MainLoop
  package func closed() async throws {
    try await MainLoop.untilReadable(reading, deadline: .patient)
    var byte: UInt8 = 0
    guard read(reading, &byte, 1) == 0 else { throw BusError.local("the pipe is still written to") }
  }

  /// Whether a descriptor belongs to this pipe.
  package func isEnd(_ descriptor: Descriptor) -> Bool {
    var (ours, other) = (stat(), stat())
    guard fstat(reading, &ours) == 0, fstat(descriptor.number, &other) == 0 else { return false }
    return ours.st_dev == other.st_dev && ours.st_ino == other.st_ino
  }
}
