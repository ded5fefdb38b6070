package import GBus
internal import Glibc

/// File descriptors that go through sockets.
package enum Passing {
  /// Sends some bytes, and with the first of them any number of descriptors (cmsg(3), whose macros Swift doesn't have).
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

/// A pipe whose writing end is passed around: who reads hears when the last of its descriptors is closed.
package final class PassedPipe: Sendable {
  /// The end that is passed, until ``release()``.
  package let writing: Int32
  private let reading: Int32

  /// A new pipe.
  package init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw BusError.local("pipe") }
    (reading, writing) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }

  deinit { close(reading) }

  /// Closes this process's own writing end: others that are left are those that were passed.
  package func release() { close(writing) }

  /// Returns when no writing end is open any more.
  @MainLoop
  package func closed() async throws {
    try await MainLoop.untilReadable(reading, deadline: .patient)
    var byte: UInt8 = 0
    guard read(reading, &byte, 1) == 0 else { throw BusError.local("the pipe is still written to") }
  }

  /// Whether a descriptor is of this pipe.
  package func isEnd(_ descriptor: Descriptor) -> Bool {
    var (ours, other) = (stat(), stat())
    guard fstat(reading, &ours) == 0, fstat(descriptor.number, &other) == 0 else { return false }
    return ours.st_dev == other.st_dev && ours.st_ino == other.st_ino
  }
}
