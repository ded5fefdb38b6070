/// Which messages' file descriptors are taken: those of answers to calls that asked for some, and of nothing else.
///
/// Anybody on the system bus may send descriptors here. Closing one may take for ever, where it is of a file system of
/// the sender's own: close(2) waits for it to write what is left. So they don't become ours at all. What is read
/// without room for descriptors leaves them to the kernel, which drops its references and closes nothing here. While an
/// answer with descriptors is awaited, messages are read one by one, each after a look at its beginning, and that
/// answer alone with room for them.
///
/// Descriptors go with the first byte of their message (D-Bus Specification, Message Format, `UNIX_FDS`); the kernel
/// hands them out, or drops them, when the first byte of the piece that carries them is read, whatever is asked for
/// beyond it (unix(7), SCM_RIGHTS). So a read that ends where a message does can't touch the next one's. A look ends
/// with the first piece that carries descriptors: an answer whose header is in several gets none. A bus writes a
/// message at once, and the kernel puts the first 32 KB into one piece.
struct AwaitedDescriptors {
  /// What is to be read next.
  struct Portion: Equatable {
    /// How many bytes at the most.
    let length: Int
    /// Whether with the descriptors that come with them.
    let withDescriptors: Bool
  }

  /// How much of a message is looked at. The header of an answer of the bus has some 100 bytes; one that is longer gets
  /// no descriptors.
  static let glance = 1024

  /// The calls, by their serial numbers.
  var calls: Set<UInt32> = []

  /// How much of a message to read, of which nothing was read yet.
  ///
  /// - Parameters:
  ///   - beginning: what is there of it, or ``glance`` bytes; more may follow it.
  ///   - most: how much is read at once.
  /// - Returns: no more than is left of the message.
  func portion(of beginning: UnsafeRawBufferPointer, most: Int) -> Portion {
    // Less than a header, or no message, is for the assembler to see.
    guard let frame = WireFrame(beginning) else {
      return Portion(length: min(max(beginning.count, 1), WireFrame.size), withDescriptors: false)
    }
    let message = WireMessage(beginning)
    let isAwaited = frame.kind == .answer && message.map { calls.contains($0.replySerial) } ?? false
    return Portion(length: min(frame.length, most), withDescriptors: isAwaited)
  }
}
