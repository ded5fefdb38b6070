internal import CDescriptors
internal import Glibc

/// A stream socket to a D-Bus peer who may be hostile. It receives complete messages, as many and as long as a
/// `MsgReceiveBudget` permits. It accepts file descriptors only with answers for which they were requested. It leaves a
/// peer that reads nothing of what is sent.
@MainLoop
final class MessageSocket {
  /// Called with each message, and the descriptors that came with it.
  var onMessage: (@MainLoop (UnsafeRawBufferPointer, [Descriptor]) -> Void)?
  /// Called once with ``BusError/closed`` or ``BusError/ended(_:)``, unless ``close()`` was called before.
  var onEnd: (@MainLoop (BusError) -> Void)?
  /// Whether the peer has ever sent so much that it was made to wait.
  private(set) var hasPaused = false
  /// Whether it is open.
  private(set) var isOpen = true
  /// The calls whose answers' descriptors are accepted.
  var awaited = AwaitedDescriptors()

  /// How long to wait for the rest of a message.
  private static let readDelay: Duration = .milliseconds(2)
  private static let deaf = "does not read what it is sent"
  private static let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
  /// Shared by all sockets, because it is empty between their turns.
  private static var buffer: [UInt8] = []

  private let descriptor: Int32
  private let bounds: BusBounds
  private let clock: @MainLoop () -> Deadline
  private var assembler: MessageAssembler
  /// The bytes that couldn't be sent yet, after a number of bytes that were sent.
  private var outgoing: [UInt8] = []
  private var sent = 0
  /// The descriptors to send, each with the position of its message's bytes in `outgoing`.
  private var passing: [(message: Range<Int>, descriptor: Descriptor)] = []
  /// The descriptors that came with the message that has begun.
  private var arrived: [Descriptor] = []
  /// The events for which the descriptor is watched.
  private var watched: DescriptorWatcher.Events = []
  /// Whether sending waits for room.
  private var isStalled = false
  private var stall: Timer?
  private var pause: Timer?
  private var onSent: [@MainLoop () -> Void] = []

  /// Takes over a socket, and closes it at the end.
  ///
  /// - Parameters:
  ///   - descriptor: the socket.
  ///   - bounds: how much the other side may send, and leave unread.
  ///   - clock: the clock by which the other side gets its credit.
  init(taking descriptor: Int32, bounds: BusBounds, clock: @escaping @MainLoop () -> Deadline) {
    self.descriptor = descriptor
    self.bounds = bounds
    self.clock = clock
    assembler = MessageAssembler(bounds: bounds, at: clock())
    if Self.buffer.count < bounds.portion { Self.buffer = [UInt8](repeating: 0, count: bounds.portion) }
    if !watch() { fail() }
  }

  deinit { if isOpen { Glibc.close(descriptor) } }

  /// Closes the socket. Bytes that weren't sent yet are dropped.
  func close() {
    guard isOpen else { return }
    isOpen = false
    DescriptorWatcher.shared.forget(descriptor)
    Glibc.close(descriptor)
    for timer in [stall, pause] { timer?.cancel() }
    (onMessage, onEnd) = (nil, nil)
    (outgoing, sent, passing, arrived) = ([], 0, [], [])
    callSent()
  }

  /// Sends bytes as soon as there is room for them, together with everything else that is sent now.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - passed: a descriptor that goes with the first of them.
  func send(_ bytes: UnsafeRawBufferPointer, passing passed: Descriptor? = nil) {
    guard isOpen else { return }
    guard outgoingCount <= bounds.mostOutgoing else { return fail(.ended(Self.deaf)) }
    if outgoing.isEmpty { DescriptorWatcher.shared.postpone { [weak self] in self?.sendOutgoing() } }
    if let passed { passing.append((outgoing.count..<outgoing.count + bytes.count, passed)) }
    outgoing += bytes
    if outgoingCount > bounds.restraint { rewatch() }
  }

  /// How many bytes wait for the other side to read them.
  var outgoingCount: Int { outgoing.count - sent }

  /// Calls `action` when everything is sent, or never will be.
  func whenSent(_ action: @escaping @MainLoop () -> Void) {
    if outgoing.isEmpty { action() } else { onSent.append(action) }
  }

  private func callSent() {
    let actions = onSent
    onSent = []
    for action in actions { action() }
  }

  /// The events to watch for: reading, unless too much waits for the other side, and writing, if that has to wait for
  /// room.
  private var wanted: DescriptorWatcher.Events {
    let reads: DescriptorWatcher.Events = outgoingCount > bounds.restraint ? [] : .readable
    return isStalled ? [.writable, reads] : reads
  }

  private func watch() -> Bool {
    watched = wanted
    return DescriptorWatcher.shared.watch(descriptor, for: watched) { [weak self] in self?.handle($0) }
  }

  private func rewatch() {
    guard isOpen, pause == nil, watched != wanted else { return }
    watched = wanted
    DescriptorWatcher.shared.change(descriptor, to: watched)
  }

  private func handle(_ events: DescriptorWatcher.Events) {
    if events.contains(.writable) { sendOutgoing() }
    // Also after an error or a hang-up, because reading reports it.
    if events != .writable, isOpen, watched.contains(.readable) || !events.contains(.readable) { read() }
  }

  private func end(_ error: BusError) {
    guard isOpen else { return }
    let onEnd = onEnd
    close()
    onEnd?(error)
  }

  /// Ends the connection later, because the current caller doesn't expect it to end.
  private func fail(_ error: BusError = .closed) { MainLoop.task { self.end(error) } }
}

// Incoming bytes.
extension MessageSocket {
  private func read() {
    let count = receive()
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else {
      let isWhole = count < 0 || assembler.isBetweenMessages
      return end(isWhole ? .closed : .ended("hung up in the middle of a message"))
    }
    let buffer = Self.buffer  // stays as it is, whatever is done with a message
    buffer.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    // Otherwise a peer that sends a message bit by bit could make msgd look at each bit.
    let isBitByBit = bounds.lengths == nil && count < bounds.portion && !assembler.isBetweenMessages
    if isOpen, pause == nil, isBitByBit { rest(for: Self.readDelay) }
  }

  /// Fills the buffer. Returns what recv(2) does.
  private func receive() -> Int {
    let portion = portion()
    guard portion.withDescriptors else { return recv(descriptor, &Self.buffer, portion.length, Self.flags) }
    var numbers = [Int32](repeating: -1, count: Int(MSG_MOST_DESCRIPTORS))
    var count = 0
    let length = msg_receive(descriptor, &Self.buffer, portion.length, &numbers, &count)
    arrived = numbers[..<count].map { Descriptor(taking: $0) }
    return length
  }

  private func portion() -> AwaitedDescriptors.Portion {
    let most = bounds.portion
    guard !awaited.calls.isEmpty else { return .init(length: most, withDescriptors: false) }
    guard assembler.isBetweenMessages else {
      return .init(length: min(most, assembler.missing), withDescriptors: false)
    }
    let count = recv(descriptor, &Self.buffer, AwaitedDescriptors.glance, Self.flags | Int32(MSG_PEEK))
    return Self.buffer.withUnsafeBytes { bytes in
      awaited.portion(of: UnsafeRawBufferPointer(rebasing: bytes[..<max(0, count)]), most: most)
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    let verdict = assembler.take(bytes, at: clock()) { message in
      var descriptors: [Descriptor] = []
      swap(&descriptors, &arrived)
      onMessage?(message, descriptors)
      return isOpen
    }
    guard isOpen else { return }
    switch verdict {
    case .goOn: break
    case .pause(let duration):
      hasPaused = true
      rest(for: duration)
    case .wrong(let act): end(.ended(act))
    }
  }

  /// Pauses reading. The socket's bytes wait in the kernel, and so the other side waits too.
  private func rest(for duration: Duration) {
    DescriptorWatcher.shared.forget(descriptor)
    pause = Timer(at: .after(duration)) { [weak self] in self?.goOn() }
  }

  private func goOn() {
    pause = nil
    if !outgoing.isEmpty { sendOutgoing() }
    take(UnsafeRawBufferPointer(start: nil, count: 0))
    guard isOpen, pause == nil else { return }
    if !watch() { end(.closed) }
  }
}

// Outgoing bytes.
extension MessageSocket {
  /// Writes the waiting bytes, in parts: a message with a descriptor is one of its own. dbus-broker takes a descriptor
  /// for that of the last message that came with it (`iqueue_pop_data` in its `socket.c`).
  ///
  /// - Returns: how many bytes the kernel took.
  private func writeOutgoing() -> Int {
    let start = sent
    while isOpen, sent < outgoing.count {
      let next = passing.first
      let isNext = next?.message.lowerBound == sent
      let passed = isNext ? next?.descriptor : nil
      let end = (isNext ? next?.message.upperBound : next?.message.lowerBound) ?? outgoing.count
      let count = outgoing.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[sent..<end]), passed) }
      if passed != nil, count > 0 { passing.removeFirst() }
      sent += count
      guard sent == end else { break }
    }
    return sent - start
  }

  /// Writes one part.
  ///
  /// - Returns: how many bytes the kernel took.
  private func write(_ bytes: UnsafeRawBufferPointer, _ passed: Descriptor?) -> Int {
    let count =
      passed.map { msg_send(descriptor, bytes.baseAddress, bytes.count, [$0.number], 1) }
      ?? Glibc.send(descriptor, bytes.baseAddress, bytes.count, Self.flags)
    if count >= 0 {
      assembler.noteSent(count)
    } else if errno != EAGAIN, errno != EINTR {
      fail()
    }
    return max(0, count)
  }

  private func awaitRoom() {
    isStalled = true
    rewatch()
    stall?.cancel()
    stall = Timer(at: .after(bounds.timeout)) { [weak self] in self?.end(.ended(Self.deaf)) }
  }

  private func sendOutgoing() {
    guard isOpen, !outgoing.isEmpty else { return }
    let count = writeOutgoing()
    guard sent == outgoing.count else {
      if sent > outgoing.count / 2 {
        outgoing.removeFirst(sent)
        passing = passing.map { ($0.message.lowerBound - sent..<$0.message.upperBound - sent, $0.descriptor) }
        sent = 0
      }
      if count > 0 || !isStalled { awaitRoom() }
      return
    }
    (outgoing, sent, isStalled) = ([], 0, false)
    stall?.cancel()
    stall = nil
    rewatch()
    callSent()
  }
}
