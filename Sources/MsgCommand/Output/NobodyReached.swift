import MessengerContract

/// The error of a message to several recipients that reaches none. It has a line for each recipient, in their order,
/// and a last line with the number of further ones (`Send`).
struct NobodyReached {
  /// The lines, at least two.
  let lines: [String]
  private let error: MessengerError
  private let reasons: [String: String]

  /// - Parameters:
  ///   - error: the service's answer. The result is nil for any other error.
  ///   - recipients: the recipients of the request.
  init?(_ error: any Error, of recipients: [String]) {
    guard let error = error as? MessengerError, [.noSuchRecipient, .noSession].contains(error.code) else { return nil }
    lines = error.message.split(separator: "\n").map(String.init)
    guard lines.count > 1, recipients.count > 1 else { return nil }
    self.error = error
    let named = recipients.count > lines.count ? lines.dropLast() : lines[...]
    reasons = Dictionary(zip(recipients, named), uniquingKeysWith: { first, _ in first })
  }

  /// The reason why a recipient was not reached.
  func reason(for recipient: String) -> MessengerError {
    let unknown = DeliveryText.unknown(recipient)
    let isUnknown = error.code == .noSuchRecipient || reasons[recipient] == unknown
    guard !isUnknown else { return MessengerError(.noSuchRecipient, unknown) }
    return MessengerError(.noSession, reasons[recipient] ?? error.message)
  }
}
