import MessengerClient
import MessengerContract

/// Reports a message in the words of net send.
struct NetSendReport: Report {
  private let name: String
  private let isLast: Bool
  private let surroundings: Surroundings

  /// - Parameters:
  ///   - name: the recipient's name in the report.
  ///   - isLast: whether nothing else is tried if nobody has that name.
  ///   - surroundings: where the report is written.
  init(on name: String, isLast: Bool = true, to surroundings: Surroundings) {
    self.name = name
    self.isLast = isLast
    self.surroundings = surroundings
  }

  func tell(changed delivery: Delivery) {}

  func tell(_ receipt: Receipt) {
    let failures = receipt.deliveries.filter { !$0.state.isReached }
    if failures.isEmpty {
      surroundings.say("The message was successfully sent to \(name).")
    } else {
      fail(failures.map(DeliveryText.failure))
    }
  }

  func tell(_ error: any Error) {
    switch (error as? MessengerError)?.code {
    case .noSuchRecipient where isLast:
      fail([
        "The message alias could not be found on the network.", "More help is available by typing NET HELPMSG 2273.",
      ])
    case .noSuchRecipient,
      .notAuthorized where !isLast:
      break
    default: fail(["\(Program.netSend.rawValue): \(error)"])
    }
  }

  private func fail(_ reasons: [String]) {
    surroundings.complain("An error occurred while sending a message to \(name).")
    reasons.forEach(surroundings.complain)
  }
}
