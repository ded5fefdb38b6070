internal import MessengerContract

/// How deliveries go on.
extension Delivery {
  /// A delivery that is on its way.
  ///
  /// - Parameters:
  ///   - session: where.
  ///   - timeout: how long the popup stays; `nil` = until it is answered.
  ///   - recipient: the recipient as it was given, where it is the user's name in another case.
  init(to session: LoginSession, timeout: Duration?, recipient: String? = nil) {
    self.init(
      sessionID: session.id, userName: session.user.name, uid: session.user.uid, state: .pending,
      details: DeliveryDetails(
        sessionName: session.name, userName: session.user.name, recipient: recipient,
        timeout: UInt32(clamping: timeout?.components.seconds ?? 0)))
  }

  /// A delivery that failed before it began, because nobody could be found.
  init(failed failure: RecipientResolver.Failure) {
    self.init(
      sessionID: "", userName: failure.recipient, uid: Messenger.noUID, state: .failed,
      details: DeliveryDetails(elapsed: 0, error: failure.error))
  }

  /// Whether there is something to tell: that it is shown or final, or what it waits for.
  var isSettled: Bool { state != .pending || details.error != nil }

  /// Enters another state, or the same for another reason; a final one is never left.
  ///
  /// - Returns: whether something changed.
  mutating func enter(_ state: DeliveryState, reply: String? = nil, error: MessengerError? = nil, elapsed: Double)
    -> Bool
  {
    guard !self.state.isFinal, self.state != state || details.error != error else { return false }
    self.state = state
    if state.isFinal { details.elapsed = elapsed }
    details.reply = reply
    details.error = error
    return true
  }
}
