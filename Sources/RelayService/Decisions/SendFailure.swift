internal import FleetContract
internal import GBus
internal import MessengerContract

/// What is known of a message if msgd has not answered `Send` with an id.
struct SendFailure: Equatable {
  let stage: MachineReceipt.Stage
  let error: MessengerError

  /// Errors of the bus's own after which msgd may have shown the message.
  private static let doubtful: Set = [
    "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Disconnected",
    "org.freedesktop.DBus.Error.Timeout", "org.freedesktop.DBus.Error.TimedOut",
  ]

  init(_ error: any Error) {
    switch error {
    case let error as MessengerError: (stage, self.error) = (.refused, error)
    case BusError.remote(let name, let message) where !Self.doubtful.contains(name):
      let code: MessengerErrorCode = name == "org.freedesktop.DBus.Error.AccessDenied" ? .notAuthorized : .unavailable
      (stage, self.error) = (.refused, MessengerError(code, "msgd can't be asked: \(message)"))
    default:
      stage = .unknown
      self.error = MessengerError(.failed, "msgd has not answered, and may have shown the message")
    }
  }
}
