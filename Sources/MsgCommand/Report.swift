import MessengerClient
import MessengerContract

/// Tells what became of a message, in the words of msg.exe where it has some.
struct Report {
  let request: Request
  let surroundings: Surroundings
  private var announced: Set<String> = []
  private var concluded: Set<String> = []

  init(on request: Request, to surroundings: Surroundings) {
    self.request = request
    self.surroundings = surroundings
  }

  /// News of a session while `/W` waits. A failure is left to the answer, which alone has the user's name.
  mutating func tell(_ change: DeliveryChange) {
    guard request.options.wait else { return }
    let session = change.details.sessionName ?? change.sessionID
    announce(change.sessionID, session)
    if change.state.isFinal && change.state.isReached { conclude(change.sessionID, session, change.state) }
  }

  /// The answer: what has not been told yet.
  mutating func tell(_ deliveries: [Delivery]) {
    if deliveries.isEmpty { surroundings.complain("\(request.recipient): nobody was reached") }
    for delivery in deliveries {
      let session = delivery.details.sessionName ?? delivery.sessionID
      if !delivery.sessionID.isEmpty { announce(delivery.sessionID, session) }
      if delivery.state.isReached {
        conclude(delivery.sessionID, session, delivery.state)
      } else {
        surroundings.complain(Self.failure(of: delivery))
      }
    }
  }

  private mutating func announce(_ id: String, _ session: String) {
    guard request.isVerbose, announced.insert(id).inserted else { return }
    let time = request.options.timeout ?? Messenger.defaultTimeout
    surroundings.say("Sending message to session \(session), display time \(time)")
  }

  private mutating func conclude(_ id: String, _ session: String, _ state: DeliveryState) {
    guard concluded.insert(id).inserted else { return }
    if request.isVerbose {
      surroundings.say(request.options.wait ? Self.outcome(state, session) : "Async message sent to session \(session)")
    } else if request.options.wait && state != .acknowledged {
      surroundings.complain(Self.outcome(state, session))
    }
  }

  private static func outcome(_ state: DeliveryState, _ session: String) -> String {
    switch state {
    case .acknowledged: "Message to session \(session) responded to by user"
    case .dismissed: "Message to session \(session) closed without response"
    case .expired: "Timeout on message to session \(session) before user response"
    case .withdrawn: "Message to session \(session) withdrawn before user response"
    case .pending, .shown, .sessionClosed, .suppressed, .failed: "Message to session \(session) not responded to"
    }
  }

  private static func failure(of delivery: Delivery) -> String {
    let error = delivery.details.error
    guard !delivery.sessionID.isEmpty else {
      let isUnknown = error == nil || error?.code == .noSuchRecipient
      return isUnknown
        ? unknown(delivery.userName) : "\(delivery.userName): failed: \(error?.message ?? "no reason given")"
    }
    let names = [delivery.sessionID, delivery.details.sessionName].compactMap { $0 }
    let session = names.count == 2 && names[0] == names[1] ? names[0] : names.joined(separator: ", ")
    let reason = error.map { ": \($0.message)" } ?? ""
    return "\(delivery.userName) (session \(session)): \(word(for: delivery.state))\(reason)"
  }

  /// The line for a recipient whom nobody knows.
  static func unknown(_ recipient: String) -> String {
    "\(recipient) does not exist or is disconnected"
  }

  private static func word(for state: DeliveryState) -> String {
    switch state {
    case .suppressed: "not shown"
    case .sessionClosed: "the session ended before a response"
    case .pending: "not shown yet"
    case .failed, .shown, .acknowledged, .dismissed, .expired, .withdrawn: "failed"
    }
  }
}
