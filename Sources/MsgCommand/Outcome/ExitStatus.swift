import MessengerClient
import MessengerContract

/// The exit status of a program. 64 to 78 are those of `sysexits.h`. 130 is what shells report for Ctrl-C.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Every recipient was reached; with `/W`, each has acknowledged.
  case success = 0
  /// Some recipients were not reached, or the session or message doesn't exist, or `--doctor` found something wrong.
  /// With `/W`, this takes precedence over ``notAcknowledged``.
  case notReached = 1
  /// All were reached, but with `/W` not all acknowledged. On a terminal nobody can.
  case notAcknowledged = 3
  /// The command line, a file or the message is wrong; nothing was sent.
  case usage = 64
  /// Nobody of that name is logged in.
  case noSuchRecipient = 67
  /// The service, the bus, logind or the host can't be reached or left before it answered, or the bus is full.
  case unavailable = 69
  /// An error that is not the user's.
  case internalError = 70
  /// Standard output can't be written. The message may have been sent.
  case cantWrite = 74
  /// The sender isn't allowed to do this.
  case notAuthorized = 77
  /// Ctrl-C ended the waiting.
  case interrupted = 130
}

extension ExitStatus {
  /// The status for an answer.
  init(_ deliveries: [Delivery], waited: Bool) {
    if deliveries.isEmpty || deliveries.contains(where: { !$0.isReached && $0.state != .held }) {
      self = .notReached
    } else if waited, deliveries.contains(where: { $0.state != .acknowledged }) {
      self = .notAcknowledged
    } else {
      self = .success
    }
  }

  /// The status for several hosts: their common status. If they differ, whether somebody was not reached.
  init(_ statuses: [ExitStatus]) {
    let different = Set(statuses)
    if different.count == 1, let only = different.first {
      self = only
    } else {
      self = different == [.success, .notAcknowledged] ? .notAcknowledged : .notReached
    }
  }

  /// The status for an error.
  init(_ error: any Error) {
    switch error {
    case let error as MessengerError: self.init(error.code)
    case let error as ClientError: self.init(error)
    default: self = .internalError
    }
  }

  private init(_ code: MessengerErrorCode) {
    switch code {
    case .invalidArgument: self = .usage
    case .noSuchRecipient: self = .noSuchRecipient
    case .noSession, .noSuchMessage: self = .notReached
    case .notAuthorized, .limitExceeded: self = .notAuthorized
    case .unavailable: self = .unavailable
    case .failed: self = .internalError
    }
  }

  private init(_ error: ClientError) {
    switch error {
    case .busFull, .busUnreachable, .serviceUnavailable, .serviceLost, .noAnswer: self = .unavailable
    case .accessDenied: self = .notAuthorized
    case .malformedAnswer, .unexpectedError, .outOfMemory: self = .internalError
    }
  }
}
