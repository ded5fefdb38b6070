import MessengerClient
import MessengerContract

/// The lines that report a delivery.
enum DeliveryText {
  /// How a popup in a session ended.
  static func outcome(_ state: DeliveryState, _ session: String) -> String {
    switch state {
    case .acknowledged: "Message to session \(session) responded to by user"
    case .dismissed: "Message to session \(session) closed without response"
    case .expired: "Timeout on message to session \(session) before user response"
    case .withdrawn: "Message to session \(session) withdrawn before user response"
    case .written: "Message to session \(session) written on the terminal"
    case .held, .pending, .shown, .deferred, .sessionClosed, .suppressed, .muted, .failed:
      "Message to session \(session) not responded to"
    }
  }

  /// That the recipient has put a message off, and when it comes again.
  static func deferral(of delivery: Delivery, at now: Timestamp) -> String {
    let time = delivery.details.returns.flatMap { Int(exactly: $0) }.map { Timestamp(seconds: $0).clock(seenAt: now) }
    return "Message to session \(delivery.sessionName) deferred" + (time.map { " until \($0)" } ?? "")
  }

  /// That a message is held, until when, and why if its user is there.
  static func hold(of delivery: Delivery, at now: Timestamp) -> String {
    let time = delivery.details.until.flatMap { Int(exactly: $0) }.map { Timestamp(seconds: $0).clock(seenAt: now) }
    let reason = delivery.details.error.map { ": \($0.message)" } ?? ""
    return "Message to \(delivery.userName) held" + (time.map { " until \($0)" } ?? "") + reason
  }

  /// What is added if it wasn't shown by a popup.
  static func means(of delivery: Delivery) -> String {
    switch delivery.details.by {
    case .window: " (in a window)"
    case .terminal: " (on the terminal)"
    case .popup, nil: ""
    }
  }

  /// What is added if the popup may have been hidden.
  static func doubt(about delivery: Delivery) -> String {
    guard delivery.details.certain == false else { return "" }
    return delivery.state.isFinal ? " (the desktop may have hidden it)" : " (the desktop may hide it)"
  }

  /// Why a recipient was not reached.
  static func failure(of delivery: Delivery) -> String {
    let error = delivery.details.error
    guard !delivery.sessionID.isEmpty else {
      switch delivery.state {
      case .expired:
        return "\(delivery.userName): " + (error.map { "not shown in time: \($0.message)" } ?? "nobody came in time")
      case .withdrawn: return "\(delivery.userName): withdrawn before anybody came"
      default: break
      }
      let isUnknown = error == nil || error?.code == .noSuchRecipient
      guard !isUnknown else { return unknown(delivery.userName) }
      let reason = error?.message ?? "no reason given"
      return reason.hasPrefix(delivery.userName) ? reason : "\(delivery.userName): failed: \(reason)"
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
    case .muted: "muted"
    case .pending: "not shown yet"
    case .failed, .held, .shown, .deferred, .acknowledged, .dismissed, .expired, .withdrawn, .written: "failed"
    }
  }
}

extension Delivery {
  /// The session as it is called in reports.
  var sessionName: String { details.sessionName ?? sessionID }

  /// The user with the session, as both are called in reports.
  var recipientName: String { "\(userName) (session \(sessionName))" }
}
