internal import CGIO

/// A connection to a message bus that may be hostile, such as a user's.
///
/// A `GDBusConnection` would take whatever comes, answer calls, and do so in a thread of its own, from which each message has to
/// be handed over: that is most of what a message to a thousand buses costs. Here messages are GLib's, and what the bus may
/// send, and how fast, is bounded (``MessageSocket``). Nothing is served here. Match rules are the caller's business.
///
/// It ends with ``close()`` or when the bus ends it; calls under way then throw ``BusError/closed``, or ``BusError/ended(_:)``
/// where the bus did what it may not.
@MainLoop
public final class BoundedConnection {
  /// The name that the bus gave to this connection, such as `:1.42`.
  public private(set) var uniqueName = ""
  /// Called once, when the connection ended without ``close()``; also where it had ended before this was set.
  public var onClosed: (@MainLoop () -> Void)? {
    didSet {
      if onClosed != nil, ending != nil { MainLoop.task { self.tellEnding() } }
    }
  }
  /// Why the connection ended: ``BusError/closed`` or ``BusError/ended(_:)``.
  public private(set) var ending: BusError?

  let socket: MessageSocket
  private let admission: Admission
  private let joining = Once<Answer>()
  private var serial: UInt32 = 0
  /// What the answers to calls under way go to, by their serial numbers.
  private var calls: [UInt32: @MainLoop (Result<Answer, BusError>) -> Void] = [:]
  private var subscriptions: [(id: UInt32, filter: SignalFilter, handler: @MainLoop (Signal) -> Void)] = []
  private var lastSubscription: UInt32 = 0

  /// What messages are taken note of, by their signatures; of a lone variant, `v`, a space, and the signature of what it holds.
  /// Other signals, and the arguments of other answers, are dropped before they become anything: they can be many times
  /// larger here than on the wire.
  public struct Admission: Sendable {
    let signals: Set<String>
    let answers: Set<String>

    /// Signals and answers with these signatures.
    public init(signals: Set<String>, answers: Set<String>) {
      self.signals = signals
      self.answers = answers
    }
  }

  /// How long a bus may take to read what was sent before ``close()``.
  private static let farewell: Duration = .seconds(1)

  private static let hello = PreparedCall(known: .bus, "Hello")

  /// A connection to the message bus behind a connected socket on which authentication is done (its last line, `BEGIN`, was sent).
  /// What is sent before ``join(deadline:)`` goes out together with the Hello.
  ///
  /// - Parameters:
  ///   - socket: a stream socket, which is the connection's from now on.
  ///   - admission: what is taken note of; the answer to Hello must be, an `s`.
  public init(socket: Int32, admitting admission: Admission) {
    self.socket = MessageSocket(taking: socket)
    self.admission = admission
    self.socket.onMessage = { [weak self] in self?.receive($0) }
    self.socket.onEnd = { [weak self] in self?.ended(by: $0) }
    calls[send(Self.hello)] = { [weak self] in self?.joining.resume($0.mapError { $0 }) }
  }

  /// Waits until the bus has answered Hello; to be called once.
  ///
  /// - Throws: ``BusError``; the connection is ended then.
  public func join(deadline: Deadline) async throws {
    do {
      let answer = try await joining.value(deadline: deadline)
      guard let name = answer.arguments.first?.string else { throw BusError.ended("answered Hello without a name") }
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

  /// Ends the connection; what was sent before still goes out, to a bus that reads it within a second.
  public func close() {
    onClosed = nil
    subscriptions = []
    let timer = Timer(at: .after(Self.farewell)) { self.cut() }
    socket.whenSent {
      timer.cancel()
      self.cut()
    }
  }

  /// Ends the connection at once, and with it what waits for an answer.
  private func cut() {
    guard socket.isOpen else { return }
    socket.close()
    ended(by: .closed)
  }

  private func ended(by error: BusError) {
    ending = error
    subscriptions = []
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

// Calls.
extension BoundedConnection {
  /// Makes a call and waits for its answer: the values that it returns.
  ///
  /// - Parameters:
  ///   - call: the call.
  ///   - deadline: until when an answer counts.
  ///   - answered: called with the answer before any message is looked at that came in after it.
  /// - Returns: the values of the answer.
  /// - Throws: ``BusError``; ``BusError/timedOut`` at the deadline.
  public func call(
    _ call: PreparedCall, deadline: Deadline, answered: @escaping @MainLoop (Answer) -> Void = { _ in }
  ) async throws -> [Value] {
    if let ending { throw ending }
    let serial = send(call)
    let answer = Once<[Value]>()
    calls[serial] = { result in
      if case .success(let answer) = result { answered(answer) }
      answer.resume(result.map(\.arguments).mapError { $0 })
    }
    defer { calls[serial] = nil }
    return try await answer.value(deadline: deadline)
  }

  /// The same, of one of a remote's methods.
  ///
  /// - Throws: ``BusError``, likewise; ``BusError/local(_:)`` where D-Bus can't carry a name or an argument.
  public func call(
    _ remote: Remote, _ method: String, _ arguments: [Value] = [], deadline: Deadline,
    answered: @escaping @MainLoop (Answer) -> Void = { _ in }
  ) async throws -> [Value] {
    try await call(PreparedCall(remote, method, arguments), deadline: deadline, answered: answered)
  }

  /// Calls a method without asking for an answer. What D-Bus can't carry is not sent.
  public func post(_ remote: Remote, _ method: String, _ arguments: [Value] = []) {
    if let call = try? PreparedCall(remote, method, arguments) { post(call) }
  }

  /// Calls a method, and then `done`, once: when there is an answer, be it an error, at the deadline, or when the connection ends.
  public func request(
    _ remote: Remote, _ method: String, _ arguments: [Value], deadline: Deadline, done: @escaping @MainLoop () -> Void
  ) {
    guard ending == nil, let call = try? PreparedCall(remote, method, arguments) else {
      MainLoop.task { done() }
      return
    }
    let serial = send(call)
    let timer = Timer(at: deadline) { [weak self] in self?.calls.removeValue(forKey: serial)?(.failure(.timedOut)) }
    calls[serial] = { _ in
      timer.cancel()
      done()
    }
  }

  /// Makes a call without asking for an answer.
  public func post(_ call: PreparedCall) { _ = send(call.withoutAnswer) }

  /// Asks the bus for the signals that a match rule describes (D-Bus Specification, Match Rules), from the next message on.
  public func addMatch(_ rule: String) { post(.bus, "AddMatch", [.string(rule)]) }

  /// Takes ``addMatch(_:)`` back: once for each time.
  public func removeMatch(_ rule: String) { post(.bus, "RemoveMatch", [.string(rule)]) }

  private func send(_ call: PreparedCall) -> UInt32 {
    serial = serial == .max ? 1 : serial + 1
    var call = call
    call.withBytes(serial: serial) { socket.send($0) }
    return serial
  }
}

// What comes in.
extension BoundedConnection {
  /// Calls `handler` for each signal that fits, until the connection ends. A sender is given by its unique name.
  ///
  /// - Returns: what ends it before.
  @discardableResult
  public func subscribe(_ filter: SignalFilter, _ handler: @escaping @MainLoop (Signal) -> Void) -> Subscription {
    lastSubscription += 1
    if ending == nil { subscriptions.append((lastSubscription, filter, handler)) }
    return Subscription(id: lastSubscription)
  }

  /// Calls a handler no more.
  public func cancel(_ subscription: Subscription) { subscriptions.removeAll { $0.id == subscription.id } }

  private func receive(_ bytes: UnsafeRawBufferPointer) {
    do {
      let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: guchar.self)
      let message = try throwing {
        g_dbus_message_new_from_blob(start, gsize(bytes.count), G_DBUS_CAPABILITY_FLAGS_NONE, &$0)
      }
      defer { g_object_unref(gpointer(message)) }
      take(message)
    } catch {
      let reason = if case BusError.local(let text) = error { text } else { "\(error)" }
      socket.close()
      ended(by: .ended("sent a message that can't be read: \(reason)"))
    }
  }

  private func take(_ message: OpaquePointer) {
    switch g_dbus_message_get_message_type(message) {
    case G_DBUS_MESSAGE_TYPE_METHOD_RETURN, G_DBUS_MESSAGE_TYPE_ERROR: takeAnswer(message)
    case G_DBUS_MESSAGE_TYPE_SIGNAL: takeSignal(message)
    default: break
    }
  }

  private func takeAnswer(_ message: OpaquePointer) {
    guard let call = calls.removeValue(forKey: g_dbus_message_get_reply_serial(message)) else { return }
    let isAdmitted = admission.answers.contains(Self.signature(of: message))
    call(Result { () throws(BusError) in try Answer(message, withArguments: isAdmitted) })
  }

  private func takeSignal(_ message: OpaquePointer) {
    guard admission.signals.contains(Self.signature(of: message)), let signal = Signal(message) else { return }
    let interface = g_dbus_message_get_interface(message).map { String(cString: $0) }
    for (_, filter, handler) in subscriptions where filter.admits(signal, of: interface) { handler(signal) }
  }

  /// A message's signature, and where that is a variant's, which can hold anything, what it holds.
  private static func signature(of message: OpaquePointer) -> String {
    let signature = String(cString: g_dbus_message_get_signature(message))
    guard signature == "v", let body = g_dbus_message_get_body(message) else { return signature }
    let variant = g_variant_get_child_value(body, 0)
    defer { g_variant_unref(variant) }
    let content = g_variant_get_variant(variant)
    defer { g_variant_unref(content) }
    return signature + " " + String(cString: g_variant_get_type_string(content))
  }
}
