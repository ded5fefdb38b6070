internal import GBus
internal import MessengerContract

/// A message to one session, and how it stands there.
struct Delivery: Sendable, Equatable {
  /// logind's id; empty for a recipient that stands for no session.
  var sessionID = ""
  /// The session's name.
  var sessionName = ""
  /// The user's name, or the recipient as it was given.
  var userName: String
  /// The recipient as it was given, where it is the user's name in another case.
  private(set) var recipient: String?
  /// The user's id.
  var uid = Messenger.noUID
  /// How long the popup stays, in seconds; 0 = until it is answered.
  var timeout: UInt32 = 0
  /// How it stands.
  private(set) var state = DeliveryState.pending
  /// Seconds from the start until the final state.
  private(set) var elapsed: Double?
  /// The key of the reply button.
  private(set) var reply: String?
  /// Why it failed, was suppressed or isn't shown yet.
  private(set) var error: MessengerError?

  /// A delivery that is on its way.
  ///
  /// - Parameters:
  ///   - session: where.
  ///   - timeout: how long the popup stays; `nil` = until it is answered.
  ///   - recipient: the recipient as it was given, where it is the user's name in another case.
  init(to session: Session, timeout: Duration?, recipient: String? = nil) {
    self.recipient = recipient
    sessionID = session.id
    sessionName = session.name
    userName = session.user.name
    uid = session.user.uid
    self.timeout = UInt32(clamping: timeout?.components.seconds ?? 0)
  }

  /// A delivery that failed before it began, for nobody could be found.
  init(failed failure: RecipientResolver.Failure) {
    userName = failure.recipient
    state = .failed
    error = failure.error
    elapsed = 0
  }

  /// Whether there is something to tell: that it is shown or final, or what it waits for.
  var isSettled: Bool { state != .pending || error != nil }

  /// Enters another state, or the same for another reason; a final one is never left.
  ///
  /// - Returns: whether something changed.
  mutating func enter(_ state: DeliveryState, reply: String? = nil, error: MessengerError? = nil, elapsed: Double)
    -> Bool
  {
    guard !self.state.isFinal, self.state != state || self.error != error else { return false }
    self.state = state
    if state.isFinal { self.elapsed = elapsed }
    self.reply = reply
    self.error = error
    return true
  }

  /// The details, as they go over the bus.
  var details: Value {
    var details: [DeliveryDetail: Value] = [:]
    if !sessionID.isEmpty {
      details[.sessionName] = .string(sessionName)
      details[.userName] = .string(userName)
      details[.timeout] = .uint32(timeout)
    }
    details[.recipient] = recipient.map(Value.string)
    details[.elapsed] = elapsed.map(Value.double)
    details[.reply] = reply.map(Value.string)
    details[.error] = (error?.code.busName).map(Value.string)
    details[.errorMessage] = (error?.message).map(Value.string)
    return .dictionary(Dictionary(uniqueKeysWithValues: details.map { ($0.key.rawValue, $0.value) }))
  }

  /// The whole delivery, as it goes over the bus: `(ssusa{sv})`.
  var value: Value {
    .structure([.string(sessionID), .string(userName), .uint32(uid), .string(state.rawValue), details])
  }
}
