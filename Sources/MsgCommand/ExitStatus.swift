import MessengerClient
import MessengerContract

/// How the command ends. 64 and above are those of `sysexits.h`.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Every recipient was reached; with `/W`, each has acknowledged.
  case success = 0
  /// Some recipients were not reached. With `/W` this goes before ``notAcknowledged``.
  case notReached = 1
  /// All were reached, but `/W` ended without everybody's acknowledgement.
  case notAcknowledged = 3
  /// The command line or the message is wrong; nothing was sent.
  case usage = 64
  /// Nobody of that name is logged in.
  case noSuchRecipient = 67
  /// The service or the bus can't be reached, or left before the answer came.
  case unavailable = 69
  /// An error that is not the user's.
  case internalError = 70
  /// The sender may not do this.
  case notAuthorized = 77
}

extension ExitStatus {
  /// What an answer amounts to.
  init(_ deliveries: [Delivery], waited: Bool) {
    if deliveries.isEmpty || deliveries.contains(where: { !$0.state.isReached }) {
      self = .notReached
    } else if waited, deliveries.contains(where: { $0.state != .acknowledged }) {
      self = .notAcknowledged
    } else {
      self = .success
    }
  }

  /// What a refusal by the service amounts to.
  init(_ error: MessengerError, body: String) {
    switch error.code {
    case .invalidArgument: self = .usage
    // The same code stands for too long, which is the user's to mend, and for too often, which is not allowed.
    case .limitExceeded: self = body.unicodeScalars.count > Messenger.maximumBodyLength ? .usage : .notAuthorized
    case .noSuchRecipient: self = .noSuchRecipient
    case .noSession: self = .notReached
    case .notAuthorized: self = .notAuthorized
    case .noSuchMessage, .failed: self = .internalError
    }
  }

  /// What a failed call amounts to.
  init(_ error: ClientError) {
    switch error {
    case .busUnreachable, .serviceUnavailable, .serviceLost, .noAnswer: self = .unavailable
    case .accessDenied: self = .notAuthorized
    case .malformedAnswer, .unexpectedError, .outOfMemory: self = .internalError
    }
  }
}
