internal import CGIO

// Incoming calls.
extension Connection {
  /// Makes an interface callable at `path`, as long as the connection lives.
  ///
  /// - Throws: ``BusError/local(_:)`` if that isn't possible.
  public func export(_ interface: ExportedInterface, at path: String) throws {
    var served = served ?? ServedObjects()
    try served.add(interface, at: path)
    self.served = served
  }

  /// The rules for incoming calls, of all exported interfaces.
  public var rules: CallRules {
    get { served?.rules ?? CallRules() }
    set { served = served ?? ServedObjects(); served?.rules = newValue }
  }

  /// How many calls have arrived and are not answered yet.
  public var callsUnderWay: Int { served.map { $0.running + $0.pendingCalls.count } ?? 0 }

  /// Returns when every call that has arrived is answered, or the connection has ended.
  ///
  /// - Throws: ``BusError/timedOut`` at the deadline.
  public func answered(by deadline: Deadline) async throws {
    while callsUnderWay > 0 {
      let once = Once<Void>()
      served?.onAnswer.append { once.resume(.success(())) }
      try await once.value(deadline: deadline)
    }
  }

  private func tellAnswer() {
    let waiters = served?.onAnswer ?? []
    served?.onAnswer = []
    for waiter in waiters { waiter() }
  }

  func takeCall(_ message: WireMessage, isWhole: Bool) {
    guard served != nil, let ticket = CallTicket(message) else { return }
    guard isWhole else {
      return refuse(ticket, CallFault.tooLong(length: message.frame.length, most: bounds.lengths?.call ?? 0))
    }
    guard served?.pendingCalls.has(ticket.sender) != true else { return wait(message, ticket) }
    do {
      guard try rules.admit(ticket.sender) else {
        wait(message, ticket)
        return learn(ticket.sender)
      }
      try begin(message, ticket)
    } catch {
      refuse(ticket, error)
    }
  }

  /// Keeps a call until its caller is known.
  private func wait(_ message: WireMessage, _ ticket: CallTicket) {
    let refused = served?.pendingCalls.enter(.init(bytes: Array(message.bytes)), of: ticket.sender) ?? []
    for call in refused { read(call) { _, ticket in refuse(ticket, CallFault.tooMuch) } }
  }

  private func read(_ call: PendingCalls.Waiting, _ body: (WireMessage, CallTicket) -> Void) {
    call.bytes.withUnsafeBytes { bytes in
      if let message = WireMessage(bytes), let ticket = CallTicket(message) { body(message, ticket) }
    }
  }

  private func learn(_ sender: String) {
    MainLoop.task { [rules] in
      do {
        try await rules.learn(sender)
        self.goOn(with: sender) { message, ticket in
          guard try rules.admit(sender) else { throw CallFault.tooMuch }
          try self.begin(message, ticket)
        }
      } catch {
        self.goOn(with: sender) { _, _ in throw error }
      }
      self.tellAnswer()
    }
  }

  private func goOn(with sender: String, _ body: (WireMessage, CallTicket) throws -> Void) {
    for call in served?.pendingCalls.leave(sender) ?? [] {
      read(call) { message, ticket in
        do { try body(message, ticket) } catch { refuse(ticket, error) }
      }
    }
  }

  /// Checks a call whose caller may make it, and lets it be answered.
  ///
  /// - Throws: the fault of the call.
  private func begin(_ message: WireMessage, _ ticket: CallTicket) throws {
    let member = message[.member] ?? ""
    guard let served else { return }
    let method = try served.method(member, of: message[.interface], at: message[.path] ?? "")
    guard let body = method.body else { throw CallFault.unknownMethod(member) }
    let types = method.types
    guard message.signature == types.arguments else {
      throw CallFault.wrongSignature(method: member, expected: types.arguments, given: message.signature)
    }
    do {
      try served.rules.measure(member, try message.sizes())
    } catch is WireReader.Malformed {
      throw CallFault.unreadable("the arguments of \(member) can't be read")
    }
    var fault: CallFault?
    parse(message) { parsed in
      let arguments = g_dbus_message_get_body(parsed).map { Value.children(of: $0) } ?? []
      answer(
        ticket, by: body, types.results, member,
        IncomingCall(sender: ticket.sender, arguments: arguments, allowsInteraction: message.allowsInteraction))
    } orElse: { reason in
      fault = .unreadable(reason)
    }
    if let fault { throw fault }
  }

  private func answer(
    _ ticket: CallTicket, by body: @escaping ExportedInterface.Method, _ types: String, _ member: String,
    _ call: IncomingCall
  ) {
    served?.running += 1
    MainLoop.task {
      defer {
        self.served?.running -= 1
        self.tellAnswer()
      }
      do {
        let results = try await body(call)
        let given = results.map(\.typeString).joined()
        guard given == types else { throw BusError.local("\(member) returned (\(given)), not (\(types))") }
        try self.reply(ticket, with: results)
      } catch {
        self.refuse(ticket, error)
      }
    }
  }

  private func reply(_ ticket: CallTicket, with results: [Value]) throws {
    guard ticket.wantsAnswer else { return }
    let message = ticket.makeAnswer(of: G_DBUS_MESSAGE_TYPE_METHOD_RETURN)
    defer { g_object_unref(gpointer(message)) }
    if !results.isEmpty { g_dbus_message_set_body(message, try Value.makeTuple(results)) }
    let answer = try OutgoingMessage(message)
    try rules.answer(ticket.sender, answer.count)
    send(answer)
  }

  private func refuse(_ ticket: CallTicket, _ error: any Error) {
    guard ticket.wantsAnswer else { return }
    let error = if let fault = error as? CallFault { rules.explain(fault) } else { error }
    let (name, text) = Self.describe(error)
    let message = ticket.makeAnswer(of: G_DBUS_MESSAGE_TYPE_ERROR)
    defer { g_object_unref(gpointer(message)) }
    g_dbus_message_set_error_name(message, name)
    g_dbus_message_set_body(message, try? Value.makeTuple([.string(Self.bounded(text))]))
    guard let answer = try? OutgoingMessage(message), (try? rules.answer(ticket.sender, answer.count)) != nil else {
      return
    }
    send(answer)
  }

  /// How long the text of an error may be, in Unicode code points.
  private static let longestText = 4096

  /// Shortens a text, and removes zeros, which D-Bus can't carry. The text may quote the caller, who may have sent a
  /// path of a mebibyte.
  private static func bounded(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let isWhole = scalars.dropFirst(longestText).isEmpty
    return String(String.UnicodeScalarView(scalars.prefix(longestText).filter { $0 != "\0" })) + (isWhole ? "" : "…")
  }

  private static func describe(_ error: any Error) -> (name: String, text: String) {
    switch error {
    case let error as any NamedBusError: (error.busName, error.busMessage)
    // Not every peer follows the rules for names, and a bus disconnects those that break them.
    case BusError.remote(let name, let message) where g_dbus_is_error_name(name) != 0: (name, message)
    default: ("org.freedesktop.DBus.Error.Failed", "\(error)")
    }
  }
}

/// The facts about a call that its answer needs.
struct CallTicket {
  /// The caller's unique name; empty if there is no bus between.
  let sender: String
  let serial: UInt32
  let wantsAnswer: Bool

  /// Returns `nil` if the sender's name is invalid.
  init?(_ message: WireMessage) {
    sender = message[.sender] ?? ""
    guard sender.isEmpty || g_dbus_is_unique_name(sender) != 0 else { return nil }
    serial = message.frame.serial
    wantsAnswer = message.wantsAnswer
  }

  /// Makes a message that answers the call, as a new reference.
  func makeAnswer(of type: GDBusMessageType) -> OpaquePointer? {
    let message = g_dbus_message_new()
    g_dbus_message_set_message_type(message, type)
    g_dbus_message_set_flags(message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED)
    g_dbus_message_set_reply_serial(message, serial)
    if !sender.isEmpty { g_dbus_message_set_destination(message, sender) }
    return message
  }
}
