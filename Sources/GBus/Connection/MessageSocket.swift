internal import CDescriptors
internal import Glibc

/// A stream socket to a D-Bus peer who may be hostile: whole messages come in, as many and as long as a
/// `MsgReceiveBudget` lets through; file descriptors only with what asked for them; and whoever reads nothing of what
/// is sent is left.
@MainLoop
final class MessageSocket {
  /// Called with each message, and the descriptors that came with it.
  var onMessage: (@MainLoop (UnsafeRawBufferPointer, [Descriptor]) -> Void)?
  /// Called once, unless ``close()`` was called before: ``BusError/closed`` or ``BusError/ended(_:)``.
  var onEnd: (@MainLoop (BusError) -> Void)?
  /// Whether so much came that it was left waiting, ever.
  private(set) var hasPaused = false
  /// Whether it is open.
  private(set) var isOpen = true
  /// Whose descriptors are taken.
  var awaited = AwaitedDescriptors()

  /// How long the rest of a message is given to come.
  private static let readDelay: Duration = .milliseconds(2)
  private static let deaf = "does not read what it is sent"
  private static let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
  /// For all, for it is empty between their turns.
  private static var buffer: [UInt8] = []

  private let descriptor: Int32
  private let bounds: BusBounds
  private let clock: @MainLoop () -> Deadline
  private var assembler: MessageAssembler
  /// What couldn't be sent yet, after so many bytes that were.
  private var outgoing: [UInt8] = []
  private var sent = 0
  /// Descriptors that go out, each with the first byte of its message, by where in `outgoing` that is.
  private var passing: [(at: Int, descriptor: Descriptor)] = []
  /// Descriptors that came with the message that has begun.
  private var arrived: [Descriptor] = []
  /// What the descriptor is watched for.
  private var watched: DescriptorWatcher.Events = []
  /// Whether what is to be sent waits for room.
  private var isStalled = false
  private var stall: Timer?
  private var pause: Timer?
  private var onSent: [@MainLoop () -> Void] = []

  /// Takes over a socket, which is closed with this.
  ///
  /// - Parameters:
  ///   - descriptor: the socket.
  ///   - bounds: how much the other side may send, and leave unread.
  ///   - clock: by which the other side gets its credit.
  init(taking descriptor: Int32, bounds: BusBounds, clock: @escaping @MainLoop () -> Deadline) {
    self.descriptor = descriptor
    self.bounds = bounds
    self.clock = clock
    assembler = MessageAssembler(bounds: bounds, at: clock())
    if Self.buffer.count < bounds.portion { Self.buffer = [UInt8](repeating: 0, count: bounds.portion) }
    if !watch() { fail() }
  }

  deinit { if isOpen { Glibc.close(descriptor) } }

  /// Closes the socket; what wasn't sent yet never is.
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

  /// Sends some bytes, together with what else is to be sent now, as soon as there is room for them.
  ///
  /// - Parameters:
  ///   - bytes: what is sent.
  ///   - passed: a descriptor that goes with the first of them.
  func send(_ bytes: UnsafeRawBufferPointer, passing passed: Descriptor? = nil) {
    guard isOpen else { return }
    guard outgoingCount <= bounds.mostOutgoing else { return fail(.ended(Self.deaf)) }
    if outgoing.isEmpty { DescriptorWatcher.shared.postpone { [weak self] in self?.sendOutgoing() } }
    if let passed { passing.append((outgoing.count, passed)) }
    outgoing += bytes
    if outgoingCount > bounds.restraint { rewatch() }
  }

  /// How many bytes wait for the other side to read.
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

  /// To read, unless too much waits for the other side, and to send, where that has to wait for room.
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
    // Also where there is an error, or a hang-up: reading tells.
    if events != .writable, isOpen, watched.contains(.readable) || !events.contains(.readable) { read() }
  }

  private func end(_ error: BusError) {
    guard isOpen else { return }
    let onEnd = onEnd
    close()
    onEnd?(error)
  }

  /// Ends it later: whoever is at it now doesn't expect that.
  private func fail(_ error: BusError = .closed) { MainLoop.task { self.end(error) } }
}

// What comes in.
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
    // Who sends a message bit by bit would have us look at each bit.
    let isBitByBit = bounds.lengths == nil && count < bounds.portion && !assembler.isBetweenMessages
    if isOpen, pause == nil, isBitByBit { rest(for: Self.readDelay) }
  }

  /// Fills the buffer; as recv(2).
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

  /// Reads on later. What the socket has waits in the kernel, and with it the other side.
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

// What goes out.
extension MessageSocket {
  /// Writes what waits, in parts of which each begins where a descriptor goes along.
  ///
  /// - Returns: how many bytes the kernel took.
  private func writeOutgoing() -> Int {
    let start = sent
    while isOpen, sent < outgoing.count {
      let passed = passing.first?.at == sent ? passing[0].descriptor : nil
      let end = passing.first { $0.at > sent }?.at ?? outgoing.count
      let count = outgoing.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[sent..<end]), passed) }
      if passed != nil, count > 0 { passing.removeFirst() }
      sent += count
      guard sent == end else { break }
    }
    return sent - start
  }

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
        passing = passing.map { ($0.at - sent, $0.descriptor) }
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
