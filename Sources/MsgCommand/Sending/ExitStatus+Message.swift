import MessengerClient
import MessengerContract

extension ExitStatus {
  /// The status for an error about a message. One error code has two meanings: the message is too long, which the
  /// sender can fix, or the sender sent too many.
  init(_ error: any Error, sending body: String, by service: any ServiceClient) {
    self.init(error)
    guard let error = error as? MessengerError, error.code == .limitExceeded else { return }
    let limit = (try? service.properties().maximumBodyLength).map(Int.init) ?? Messenger.maximumBodyLength
    if body.unicodeScalars.count > limit { self = .usage }
  }
}
