import MessengerClient
import MsgCommand

/// A service that answers as a test tells it to; a real one can't be made to fail on demand.
final class FakeSender: MessageSender {
  /// What the service was asked.
  struct Call: Equatable {
    let recipients: [String]
    let body: String
    let options: SendOptions
  }

  private(set) var calls: [Call] = []
  private let changes: [DeliveryChange]
  private let answer: Result<[Delivery], any Error>

  init(_ answer: Result<[Delivery], any Error>, after changes: [DeliveryChange] = []) {
    self.answer = answer
    self.changes = changes
  }

  func send(
    to recipients: [String], body: String, options: SendOptions, onChange: (DeliveryChange) -> Void
  ) throws -> Receipt {
    calls.append(Call(recipients: recipients, body: body, options: options))
    changes.forEach(onChange)
    return Receipt(id: 1, deliveries: try answer.get())
  }
}
