internal import CGIO

/// A connection to a message bus: the system bus, or one that may be hostile, such as a user's.
///
/// It doesn't use `GDBusConnection`, which accepts messages of 128 MiB, parses everything before anybody looks at it,
/// queues without limit, and does so in a thread of its own, from which each message must be handed over. Here messages
/// are still GLib's, but bounds limit what a bus may send and how much of it is looked at, depending on whose bus it is
/// (``BusBounds``).
///
/// It ends with ``close()`` or when the bus ends it. Open calls then throw ``BusError/closed``, or
/// ``BusError/ended(_:)`` if the bus did something that it may not do.
@MainLoop
public final class Connection {
  /// The name that the bus gave to this connection, such as `:1.42`.
  package private(set) var uniqueName = ""
  /// Called once, when the connection has ended without ``close()``, even if it had ended before this was set.
  public var onClosed: (@MainLoop () -> Void)? {
    didSet {
      if onClosed != nil, ending != nil { MainLoop.task { self.tellEnding() } }
    }
  }
  /// The reason why the connection ended: ``BusError/closed`` or ``BusError/ended(_:)``.
  public private(set) var ending: BusError?

  let socket: MessageSocket
  let bounds: BusBounds
  private lazy var joining = ask(Self.hello)
  private var serial: UInt32 = 0
  /// The receivers of the answers to open calls, by the calls' serial numbers.
  var calls: [UInt32: @MainLoop (Result<Answer, BusError>) -> Void] = [:]
  var subscriptions: [Subscriber] = []
  var lastSubscription: UInt32 = 0
  /// The owners of the names whose signals are followed.
  var owners = NameOwners()
  /// The exported objects, if there are any.
  var served: ServedObjects?

  /// The signatures of messages that are handled. For a single variant it is `v`, a space, and the signature of its
  /// content. Other signals, and the arguments of other answers, are dropped before they are unpacked, because they can
  /// take many times more memory than on the wire.
  public struct Admission: Sendable {
    let signals: Set<String>
    let answers: Set<String>

    /// Admits signals and answers with these signatures.
    public init(signals: Set<String>, answers: Set<String>) {
      self.signals = signals
      self.answers = answers
    }
  }

  private static let hello = PreparedCall(known: .bus, "Hello")

  /// Connects to a message bus that may be hostile, on a connected socket that is authenticated (its last line,
  /// `BEGIN`, has been sent). Calls that are made before ``join(deadline:)`` go out together with Hello.
  ///
  /// - Parameters:
  ///   - socket: a stream socket, which this connection owns from now on.
  ///   - admission: the messages that are handled; it must include the answer to Hello, an `s`.
  ///   - passesDescriptors: whether the bus has agreed to pass file descriptors. It may then get some with calls, and
  ///     none is taken from it.
  ///   - clock: the clock by which the bus gets its credit.
  public convenience init(
    socket: Int32, admitting admission: Admission, passesDescriptors: Bool = false,
    clock: @escaping @MainLoop () -> Deadline = { .now }
  ) {
    var bounds = BusBounds.sessionBus(admitting: admission)
    bounds.passesDescriptors = passesDescriptors
    self.init(socket: socket, within: bounds, clock: clock)
  }

  /// Connects to any bus.
  init(socket: Int32, within bounds: BusBounds, clock: @escaping @MainLoop () -> Deadline = { .now }) {
    self.socket = MessageSocket(taking: socket, bounds: bounds, clock: clock)
    self.bounds = bounds
    self.socket.onMessage = { [weak self] in self?.receive($0, $1) }
    self.socket.onEnd = { [weak self] in self?.ended(by: $0) }
    _ = joining  // asked now: nothing may go out before
  }

  /// Waits until the bus has answered Hello. May be called once.
  ///
  /// - Throws: ``BusError``; the connection has ended then.
  public func join(deadline: Deadline) async throws {
    do {
      guard let name = try await joining.answer(by: deadline).first?.string else {
        throw BusError.ended("answered Hello without a name")
      }
      uniqueName = name
    } catch {
      cut()
      throw error
    }
  }

  /// Whether the bus passes file descriptors.
  public var passesDescriptors: Bool { bounds.passesDescriptors }

  /// Whether the connection has ended.
  public var isClosed: Bool { !socket.isOpen }

  /// Whether the other side has ever sent so much that it was made to wait.
  public var isFlooded: Bool { socket.hasPaused }

  /// Returns when the kernel has everything that was sent, or the connection has ended.
  public func flush() async {
    await withCheckedContinuation { continuation in socket.whenSent { continuation.resume() } }
  }

  /// How long a bus may take to read that many remaining bytes: a bus that reads slowly has done nothing wrong.
  nonisolated static func closingTimeout(to count: Int) -> Duration { .seconds(1 + count / (64 << 10)) }

  /// Ends the connection. What was sent before still goes out, if the bus reads at least 64 KiB of it a second.
  public func close() { close(timeout: Self.closingTimeout(to: socket.outgoingCount)) }

  /// Ends the connection, with another time limit for what was sent before.
  func close(timeout: Duration) {
    onClosed = nil
    subscriptions = []
    let timer = Timer(at: .after(timeout)) { self.cut() }
    socket.whenSent {
      timer.cancel()
      self.cut()
    }
  }

  /// Ends the connection and all open calls at once.
  func cut() {
    guard socket.isOpen else { return }
    socket.close()
    ended(by: .closed)
  }

  /// Sends a message with the next serial number. It goes out together with everything else that is sent now.
  ///
  /// - Returns: the serial number.
  @discardableResult
  func send(_ message: OutgoingMessage) -> UInt32 {
    serial = serial == .max ? 1 : serial + 1
    let descriptor = message.descriptor
    var message = message
    message.withBytes(serial: serial) { socket.send($0, passing: descriptor) }
    return serial
  }

  func ended(by error: BusError) {
    ending = error
    subscriptions = []
    let waiters = served?.onAnswer ?? []
    served = nil
    for waiter in waiters { waiter() }
    let calls = calls.values
    self.calls = [:]
    for call in calls { call(.failure(error)) }
    tellEnding()
  }

  private func tellEnding() {
    let action = onClosed
    onClosed = nil
    action?()
  }
}
