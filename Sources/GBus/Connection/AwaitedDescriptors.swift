/// Decides which messages' file descriptors are accepted: only those of answers to calls that asked for some.
///
/// Anybody on the system bus may send descriptors to msgd. Closing a descriptor may take forever if it belongs to a
/// file system of the sender's own, because close(2) waits for that file system to write the rest. So such descriptors
/// must never become msgd's. When msgd reads without room for descriptors, they stay with the kernel, which drops its
/// references and closes nothing in this process. While an answer with descriptors is awaited, msgd reads messages one
/// by one. It looks at the beginning of each, and reads only that answer with room for descriptors.
///
/// Descriptors travel with the first byte of their message (D-Bus Specification, Message Format, `UNIX_FDS`). The
/// kernel delivers or drops them when the first byte of the piece that carries them is read, however many bytes are
/// requested beyond it (unix(7), SCM_RIGHTS). So a read that ends where a message ends can't touch the descriptors of
/// the next one. A look ends with the first piece that carries descriptors, so an answer whose header is in several
/// pieces gets none. A bus writes a message at once, and the kernel puts the first 32 KB into one piece.
struct AwaitedDescriptors {
  /// What to read next.
  struct Portion: Equatable {
    /// The most bytes to read.
    let length: Int
    /// Whether to accept the descriptors that come with them.
    let withDescriptors: Bool
  }

  /// How many bytes of a message are looked at. The header of an answer from the bus has about 100 bytes. An answer
  /// with a longer one gets no descriptors.
  static let glance = 1024

  /// The serial numbers of the calls that asked for descriptors.
  var calls: Set<UInt32> = []

  /// Returns how much to read of a message of which nothing was read yet.
  ///
  /// - Parameters:
  ///   - beginning: the message's available bytes, at most ``glance``; others may follow.
  ///   - most: how much is read at once.
  /// - Returns: a portion that ends with the message at the latest.
  func portion(of beginning: UnsafeRawBufferPointer, most: Int) -> Portion {
    // The assembler handles bytes that are less than a header, or no message.
    guard let frame = WireFrame(beginning) else {
      return Portion(length: min(max(beginning.count, 1), WireFrame.size), withDescriptors: false)
    }
    let message = WireMessage(beginning)
    let isAwaited = frame.kind == .answer && message.map { calls.contains($0.replySerial) } ?? false
    return Portion(length: min(frame.length, most), withDescriptors: isAwaited)
  }
}
