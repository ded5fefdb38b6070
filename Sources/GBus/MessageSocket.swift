internal import Glibc

/// A stream socket to a D-Bus peer who may be hostile: whole messages come in, as many and as long as a `MsgMeter` lets through;
/// file descriptors don't; and whoever reads nothing of what is sent is left.
@MainLoop
final class MessageSocket {
  /// Called with each message.
  var onMessage: (@MainLoop (UnsafeRawBufferPointer) -> Void)?
  /// Called once, unless ``close()`` was called before: ``BusError/closed`` or ``BusError/ended(_:)``.
  var onEnd: (@MainLoop (BusError) -> Void)?
  /// Whether so much came that it was left waiting, ever.
  private(set) var hasPaused = false
  /// Whether it is open.
  private(set) var isOpen = true

  /// How long the other side may read nothing while there is something to send.
  private static let patience: Duration = .seconds(5)
  /// How much may wait for the other side to read: more than all messages that are on their way to one desktop.
  private static let mostOutgoing = 1 << 20
  /// How long the rest of a message is given to come.
  private static let respite: Duration = .milliseconds(2)
  /// What is read at once: some messages.
  private static let portion = 4096
  private static let deaf = "does not read what it is sent"
  private static let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
  /// For all, for it is empty between their turns.
  private static var buffer = [UInt8](repeating: 0, count: portion)

  private let descriptor: Int32
  private let clock: @MainLoop () -> Deadline
  private var assembler: MessageAssembler
  /// What couldn't be sent yet.
  private var outgoing: [UInt8] = []
  private var stall: Timer?
  private var pause: Timer?
  private var onSent: (@MainLoop () -> Void)?

  /// Takes over a socket, which is closed with this.
  ///
  /// - Parameters:
  ///   - descriptor: the socket.
  ///   - clock: by which the other side gets its credit.
  init(taking descriptor: Int32, clock: @escaping @MainLoop () -> Deadline) {
    self.descriptor = descriptor
    self.clock = clock
    assembler = MessageAssembler(at: clock())
    if !watch(for: .readable) { fail() }
  }

  deinit { if isOpen { Glibc.close(descriptor) } }

  /// Closes the socket; what wasn't sent yet never is.
  func close() {
    guard isOpen else { return }
    isOpen = false
    DescriptorHub.shared.forget(descriptor)
    Glibc.close(descriptor)
    for timer in [stall, pause] { timer?.cancel() }
    (onMessage, onEnd, onSent) = (nil, nil, nil)
    outgoing = []
  }

  /// Sends some bytes, together with what else is to be sent now, as soon as there is room for them.
  func send(_ bytes: UnsafeRawBufferPointer) {
    guard isOpen else { return }
    guard outgoing.count <= Self.mostOutgoing else { return fail(.ended(Self.deaf)) }
    if outgoing.isEmpty { DescriptorHub.shared.postpone { [weak self] in self?.sendOutgoing() } }
    outgoing += bytes
  }

  /// How many bytes wait for the other side to read.
  var outgoingCount: Int { outgoing.count }

  /// Calls `action` when everything is sent.
  func whenSent(_ action: @escaping @MainLoop () -> Void) {
    if outgoing.isEmpty { action() } else { onSent = action }
  }

  private func watch(for events: DescriptorHub.Events) -> Bool {
    DescriptorHub.shared.watch(descriptor, for: events) { [weak self] in self?.handle($0) }
  }

  private func handle(_ events: DescriptorHub.Events) {
    if events.contains(.writable) { sendOutgoing() }
    // Also where there is an error, or a hang-up: reading tells.
    if events != .writable, isOpen { read() }
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
    let count = recv(descriptor, &Self.buffer, Self.portion, Self.flags)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else {
      let isWhole = count < 0 || assembler.isBetweenMessages
      return end(isWhole ? .closed : .ended("hung up in the middle of a message"))
    }
    let buffer = Self.buffer  // stays as it is, whatever is done with a message
    buffer.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    // Who sends a message bit by bit would have us look at each bit.
    if isOpen, pause == nil, count < Self.portion, !assembler.isBetweenMessages { rest(for: Self.respite) }
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    let verdict = assembler.take(bytes, at: clock()) { message in
      onMessage?(message)
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
    DescriptorHub.shared.forget(descriptor)
    pause = Timer(at: .after(duration)) { [weak self] in self?.goOn() }
  }

  private func goOn() {
    pause = nil
    if !outgoing.isEmpty { sendOutgoing() }
    take(UnsafeRawBufferPointer(start: nil, count: 0))
    guard isOpen, pause == nil else { return }
    if !watch(for: stall == nil ? .readable : [.readable, .writable]) { end(.closed) }
  }
}

// What goes out.
extension MessageSocket {
  /// - Returns: how many bytes the kernel took.
  private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    let sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Self.flags)
    if sent >= 0 {
      assembler.noteSent(sent)
    } else if errno != EAGAIN, errno != EINTR {
      fail()
    }
    return max(0, sent)
  }

  private func awaitRoom() {
    if pause == nil { DescriptorHub.shared.change(descriptor, to: [.readable, .writable]) }
    stall?.cancel()
    stall = Timer(at: .after(Self.patience)) { [weak self] in self?.end(.ended(Self.deaf)) }
  }

  private func sendOutgoing() {
    guard isOpen, !outgoing.isEmpty else { return }
    let sent = outgoing.withUnsafeBytes { write($0) }
    guard sent == outgoing.count else {
      outgoing.removeFirst(sent)
      return sent > 0 || stall == nil ? awaitRoom() : ()
    }
    outgoing = []
    if let stall {
      stall.cancel()
      self.stall = nil
      DescriptorHub.shared.change(descriptor, to: .readable)
    }
    let action = onSent
    onSent = nil
    action?()
  }
}
