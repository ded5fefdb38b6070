internal import CDescriptors
package import GBus
internal import Glibc

/// A bus, or a client of one, that a test plays byte by byte. Real ones don't do what these tests need: the dbus-daemon
/// of Debian 12 (1.14) gives nobody a pidfd, none sends what a connection must withstand, and msgd's own connections
/// pass no descriptors that weren't requested.
@MainLoop
package final class RawPeer {
  /// A message that was received.
  package struct Message {
    /// All of its bytes.
    package let bytes: [UInt8]
    /// The file descriptors that came with its first byte.
    package let descriptors: [Descriptor]

    /// The serial number, which an answer refers to.
    package var serial: UInt32 { RawPeer.number(bytes, 8) }

    /// Whether it contains a text, such as a name.
    package func holds(_ text: String) -> Bool { bytes.firstRange(of: Array(text.utf8)) != nil }
  }

  private let socket: Int32
  private var bytes: [UInt8] = []
  private var descriptors: [Descriptor] = []

  /// Takes over a socket.
  package init(taking socket: Int32) { self.socket = socket }

  deinit { close(socket) }

  /// Makes a socket for a connection, and its peer.
  package static func pair() throws -> (socket: Int32, peer: RawPeer) {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw BusError.local("socketpair(2) failed")
    }
    var room: Int32 = 200_000  // as much as is allowed; what the test sends is read later
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, socklen_t(MemoryLayout<Int32>.size))
    return (ends[0], RawPeer(taking: ends[1]))
  }

  /// Waits for the next message. It reads no more than one at once, so that it is certain whose descriptors come.
  package func message() async throws -> Message {
    while length.map({ bytes.count < $0 }) ?? true { try await read() }
    defer { (bytes, descriptors) = ([], []) }
    return Message(bytes: bytes, descriptors: descriptors)
  }

  /// Waits for what the other side has written at once with file descriptors, however many messages it is.
  package func piece() async throws -> Message {
    try await MainLoop.untilReadable(socket, deadline: .patient)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var numbers = [Int32](repeating: -1, count: Int(MSG_MOST_DESCRIPTORS))
    var count = 0
    let read = msg_receive(socket, &buffer, buffer.count, &numbers, &count)
    guard read > 0 else { throw BusError.closed }
    return Message(bytes: Array(buffer[..<read]), descriptors: numbers[..<count].map { Descriptor(taking: $0) })
  }

  /// Answers the Hello with which a connection begins.
  package func welcome() async throws { send(Wire.answer(to: try await message().serial, "s", Wire.text(":1.1"))) }

  /// Sends Hello to a bus.
  ///
  /// - Returns: the name that the bus gives.
  package func greet() async throws -> String {
    send(Wire.call(.bus, "Hello", serial: 1))
    let answer = try await message().bytes
    let body = answer.suffix(Int(Self.number(answer, 4)))
    return String(decoding: body.dropFirst(4).dropLast(), as: UTF8.self)
  }

  /// Sends bytes, no more than a socket has room for. File descriptors go with the first of them, and stay the
  /// caller's.
  package func send(_ bytes: [UInt8], with descriptors: [Int32] = []) {
    let sent = Passing.send(bytes, with: descriptors, to: socket)
    precondition(sent == bytes.count, "sent \(sent) bytes of \(bytes.count)")
  }

  private var length: Int? {
    guard bytes.count >= 16 else { return nil }
    return (16 + Int(Self.number(bytes, 12)) + 7) / 8 * 8 + Int(Self.number(bytes, 4))
  }

  private nonisolated static func number(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: UInt32.self)) }
  }

  private func read() async throws {
    try await MainLoop.untilReadable(socket, deadline: .patient)
    var buffer = [UInt8](repeating: 0, count: (length ?? 16) - bytes.count)
    var numbers = [Int32](repeating: -1, count: Int(MSG_MOST_DESCRIPTORS))
    var count = 0
    let read = msg_receive(socket, &buffer, buffer.count, &numbers, &count)
    guard read > 0 else { throw BusError.closed }
    precondition(count == 0 || bytes.isEmpty, "descriptors in the middle of a message")
    descriptors += numbers[..<count].map { Descriptor(taking: $0) }
    bytes += buffer[..<read]
  }
}
