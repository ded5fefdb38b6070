internal import CGIO

/// A connection to a message bus: the system bus, or one that may be hostile, such as a user's.
///
/// There is no `GDBusConnection` behind it. That would take messages of 128 MiB, parse all that comes before anybody
/// looks at it, queue without end, and do so in a thread of its own, from which each message has to be handed over.
/// Here messages are GLib's, and what a bus may send, and how much of it is looked at, is bounded by whose bus it is
/// (``BusBounds``).
///
/// It ends with ``close()`` or when the bus ends it; calls under way then throw ``BusError/closed``, or
/// ``BusError/ended(_:)`` where the bus did what it may not.
@MainLoop
public final class Connection {
  /// The name that the bus gave to this connection, such as `:1.42`.
  package private(set) var uniqueName = ""
  /// Called once, when the connection ended without ``close()``; also where it had ended before this was set.
  public var onClosed: (@MainLoop () -> Void)? {
    didSet {
      if onClosed != nil, ending != nil { MainLoop.task { self.tellEnding() } }
    }
  }
  /// Why the connection ended: ``BusError/closed`` or ``BusError/ended(_:)``.
  public private(set) var ending: BusError?

  let socket: MessageSocket
  let bounds: BusBounds
  private lazy var joining = ask(Self.hello)
  private var serial: UInt32 = 0
  /// What the answers to calls under way go to, by their serial numbers.
  var calls: [UInt32: @MainLoop (Result<Answer, BusError>) -> Void] = [:]
  var subscriptions: [Subscriber] = []
  var lastSubscription: UInt32 = 0
  /// Who has the names whose signals are followed.
  var owners = NameOwners()
  /// What may be called here, once something is exported.
  var served: ServedObjects?

  /// What messages are taken note of, by their signatures; of a lone variant, `v`, a space, and the signature of what
  /// it holds. Other signals, and the arguments of other answers, are dropped before they become anything: they can be
  /// many times larger here than on the wire.
  public struct Admission: Sendable {
    let signals: Set<String>
    let answers: Set<String>

    /// Signals and answers with these signatures.
    public init(signals: Set<String>, answers: Set<String>) {
      self.signals = signals
      self.answers = answers
    }
  }

  private static let hello = PreparedCall(known: .bus, "Hello")

  /// A connection to a message bus that may be hostile, behind a connected socket on which authentication is done (its
  /// last line, `BEGIN`, was sent). What is sent before ``join(deadline:)`` goes out together with the Hello.
  ///
  /// - Parameters:
  ///   - socket: a stream socket, which is the connection's from now on.
  ///   - admission: what is taken note of; the answer to Hello must be, an `s`.
  ///   - clock: by which the bus gets its credit.
  public convenience init(
    socket: Int32, admitting admission: Admission, clock: @escaping @MainLoop () -> Deadline = { .now }
  ) {
    self.init(socket: socket, within: .sessionBus(admitting: admission), clock: clock)
  }

  /// The same, to any bus.
  init(socket: Int32, within bounds: BusBounds, clock: @escaping @MainLoop () -> Deadline = { .now }) {
    self.socket = MessageSocket(taking: socket, bounds: bounds, clock: clock)
    self.bounds = bounds
    self.socket.onMessage = { [weak self] in self?.receive($0, $1) }
    self.socket.onEnd = { [weak self] in self?.ended(by: $0) }
    _ = joining  // asked now: nothing may go out before
  }

  /// Waits until the bus has answered Hello; to be called once.
  ///
  /// - Throws: ``BusError``; the connection is ended then.
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

  /// Whether the connection ended.
  public var isClosed: Bool { !socket.isOpen }

  /// Whether the other side has sent so much that it was left waiting, and what it had to say with it.
  public var isFlooded: Bool { socket.hasPaused }

  /// Returns when everything that was sent is with the kernel, or the connection has ended.
  public func flush() async {
    await withCheckedContinuation { continuation in socket.whenSent { continuation.resume() } }
  }

  /// How long a bus may take for the last so many bytes: one that reads slowly has done nothing wrong.
  nonisolated static func closingTimeout(to count: Int) -> Duration { .seconds(1 + count / (64 << 10)) }

  /// Ends the connection; what was sent before still goes out, to a bus that reads 64 KiB of it a second.
  public func close() { close(timeout: Self.closingTimeout(to: socket.outgoingCount)) }

  /// The same, with another time for the rest to go out.
  func close(timeout: Duration) {
    onClosed = nil
    subscriptions = []
    let timer = Timer(at: .after(timeout)) { self.cut() }
    socket.whenSent {
      timer.cancel()
      self.cut()
    }
  }

  /// Ends the connection at once, and with it what waits for an answer.
  func cut() {
    guard socket.isOpen else { return }
    socket.close()
    ended(by: .closed)
  }

  /// Sends a message under the next serial number, together with what else is sent now.
  ///
  /// - Returns: the number.
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
