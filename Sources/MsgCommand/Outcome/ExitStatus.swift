import MessengerClient
import MessengerContract

/// How a program ends. 64 and above are those of `sysexits.h`, 130 is a shell's for Ctrl-C.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Every recipient was reached; with `/W`, each has acknowledged.
  case success = 0
  /// Some recipients were not reached, or what was asked for is not there, or `--doctor` found something
  /// wrong. With `/W` this goes before ``notAcknowledged``.
  case notReached = 1
  /// All were reached, but `/W` ended without everybody's acknowledgement.
  case notAcknowledged = 3
  /// The command line, a file or the message is wrong; nothing was sent.
  case usage = 64
  /// Nobody of that name is logged in.
  case noSuchRecipient = 67
  /// The service, the bus, logind or the host can't be reached, or left before the answer came, or the bus is full.
  case unavailable = 69
  /// An error that is not the user's.
  case internalError = 70
  /// Standard output can't be written: the message may have been sent.
  case cantWrite = 74
  /// The sender may not do this.
  case notAuthorized = 77
  /// Ctrl-C ended the waiting.
  case interrupted = 130
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

  /// What the hosts' statuses amount to together: what all of them say, else whether somebody was not reached.
  init(_ statuses: [ExitStatus]) {
    let different = Set(statuses)
    if different.count == 1, let only = different.first {
      self = only
    } else {
      self = different == [.success, .notAcknowledged] ? .notAcknowledged : .notReached
    }
  }

  /// What an error amounts to.
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
