internal import GBus
internal import MessengerContract

/// The remembered messages: all that have not ended, and for a certain time those that have.
@MainLoop
final class MessageStore {
  /// Called when a message was forgotten.
  var onForget: (@MainLoop () -> Void)?

  private let retentionTimeout: Duration
  private var messages: [UInt64: Message] = [:]
  private var timers: [UInt64: Timer] = [:]
  private var ended: EndedMessages
  private var nextID: UInt64

  /// - Parameters:
  ///   - firstID: the first message's id. Ids from before a restart are not used again.
  ///   - settings: how long ended messages are remembered, and how many of each sender.
  nonisolated init(firstID: UInt64, settings: Settings) {
    nextID = firstID
    retentionTimeout = settings.retentionTimeout
    ended = EndedMessages(most: settings.mostRemembered)
  }

  /// Whether no message is remembered.
  var isEmpty: Bool { messages.isEmpty }

  /// All remembered messages.
  var all: some Collection<Message> { messages.values }

  /// The message with an id.
  subscript(id: UInt64) -> Message? { messages[id] }

  /// Adds a message from a caller, with a delivery for everything that the recipients mean.
  ///
  /// - Parameters:
  ///   - content: what its popups say.
  ///   - caller: the sender.
  ///   - resolution: the sessions that the recipients mean.
  ///   - onChange: called with each delivery that has changed; must call ``noteChange(of:)``.
  /// - Returns: the message.
  func add(
    _ content: PopupContent, from caller: Caller, to resolution: RecipientResolver.Resolution,
    onChange: @escaping @MainLoop (Message, Delivery) -> Void
  ) -> Message {
    let deliveries =
      resolution.targets.map {
        Delivery(to: $0, timeout: content.timeout, recipient: resolution.respelled[$0.id])
      }
      + resolution.failures.map(Delivery.init(failed:))
    let message = Message(id: nextID, sender: caller, content: content, deliveries: deliveries)
    add(message, onChange: onChange)
    return message
  }

  /// Adds a message from a caller that is held for users.
  ///
  /// - Parameters:
  ///   - content: what its popups say.
  ///   - caller: the sender.
  ///   - recipients: for whom it is held.
  ///   - until: until when, in seconds since 1970.
  ///   - onChange: see ``add(_:from:to:onChange:)``.
  /// - Returns: the message.
  func add(
    _ content: PopupContent, from caller: Caller, to recipients: HeldRecipients, until: UInt64,
    onChange: @escaping @MainLoop (Message, Delivery) -> Void
  ) -> Message {
    let deliveries =
      recipients.found.map { Delivery(held: $0.name, uid: $0.uid, until: until, timeout: content.timeout) }
      + recipients.failures.map(Delivery.init(failed:))
    let message = Message(
      id: nextID, sender: caller, content: content, deliveries: deliveries, hold: Hold(of: deliveries, until: until))
    add(message, onChange: onChange)
    return message
  }

  /// Adds a message that has an id already.
  func add(_ message: Message, onChange: @escaping @MainLoop (Message, Delivery) -> Void) {
    reserve(message.id)
    messages[message.id] = message
    message.onChange = { [weak message] delivery in if let message { onChange(message, delivery) } }
  }

  /// Gives no new message this id, or an earlier one.
  func reserve(_ id: UInt64) { nextID = max(nextID, id + 1) }

  /// Notes that a delivery has changed. A message whose last delivery is final is forgotten after a certain time,
  /// unless one of them begins anew.
  func noteChange(of message: Message) {
    guard message.isFinal else {
      timers.removeValue(forKey: message.id)?.cancel()
      return ended.remove(message.id, of: message.sender.uid)
    }
    guard timers[message.id] == nil else { return }
    timers[message.id] = Timer(at: .after(retentionTimeout)) { [weak self] in self?.forget(message.id) }
    if let oldest = ended.add(message.id, of: message.sender.uid) { forget(oldest) }
  }

  /// Forgets a message, whatever has become of it.
  func forget(_ id: UInt64) {
    guard let message = messages.removeValue(forKey: id) else { return }
    timers.removeValue(forKey: id)?.cancel()
    ended.remove(id, of: message.sender.uid)
    onForget?()
  }
}
