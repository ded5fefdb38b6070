import MessengerClient
import MessengerContract

/// Reports a message in the words of msg.exe, as far as it has any.
struct TextReport: Report {
  private let request: Request
  private let prefix: String
  private let surroundings: Surroundings
  /// The sessions whose start was reported. With `/W`, a delivery is in a change and again in the receipt.
  private var announced: Set<String> = []
  private var concluded: Set<String> = []
  private var isIDPrinted = false
  /// Recipients that differ from a user's name in case, and were reported so.
  private var respelled: Set<String> = []

  /// - Parameters:
  ///   - request: the message that was sent.
  ///   - host: the machine's name at the start of each line. Nil if there is only one machine.
  ///   - surroundings: where the report is written.
  init(on request: Request, host: String?, to surroundings: Surroundings) {
    self.request = request
    self.surroundings = surroundings
    prefix = host.map { "\($0): " } ?? ""
  }

  mutating func tell(changed delivery: Delivery) {
    guard request.options.wait else { return }
    if delivery.state == .held { inform(DeliveryText.hold(of: delivery, at: surroundings.now())) }
    guard !delivery.sessionID.isEmpty else { return }
    announce(delivery)
    if delivery.state.isFinal { conclude(delivery) }
    if delivery.state == .deferred { inform(DeliveryText.deferral(of: delivery, at: surroundings.now())) }
  }

  mutating func tell(id: UInt64) {
    guard request.printsID, !isIDPrinted else { return }
    isIDPrinted = true
    say("\(id)")
  }

  mutating func tell(_ receipt: Receipt) {
    tell(id: receipt.id)
    if receipt.deliveries.isEmpty { complain("\(request.recipients.joined(separator: ",")): nobody was reached") }
    for delivery in receipt.deliveries {
      announce(delivery)
      conclude(delivery)
    }
  }

  mutating func tell(_ error: any Error) {
    let unknown = (error as? MessengerError).flatMap { $0.code == .noSuchRecipient ? request.onlyName : nil }
    if let unknown {
      complain(DeliveryText.unknown(unknown))
    } else if let nobody = NobodyReached(error, of: request.recipients) {
      nobody.lines.forEach(complain)
    } else {
      surroundings.complain(about: error, on: prefix)
    }
  }

  private mutating func announce(_ delivery: Delivery) {
    guard !delivery.sessionID.isEmpty, !request.options.wait || announced.insert(delivery.sessionID).inserted else {
      return
    }
    if let recipient = delivery.details.recipient, respelled.insert(recipient).inserted {
      inform("\(recipient): sent to \(delivery.userName)")
    }
    guard delivery.details.by != .terminal else { return inform("Sending message to \(delivery.recipientName)") }
    let time = request.options.timeout ?? delivery.details.timeout ?? Messenger.defaultTimeout
    inform("Sending message to \(delivery.recipientName), display time \(time)")
  }

  private mutating func conclude(_ delivery: Delivery) {
    guard delivery.sessionID.isEmpty || !request.options.wait || concluded.insert(delivery.sessionID).inserted else {
      return
    }
    if delivery.state == .held {
      let line = DeliveryText.hold(of: delivery, at: surroundings.now())
      return request.options.wait ? complain(line) : inform(line)
    }
    if let reply = delivery.details.reply { answer("\(delivery.userName)\t\(reply)") }
    let remarks = DeliveryText.means(of: delivery) + DeliveryText.doubt(about: delivery)
    // The service has cleaned it. An older one, or another machine's, may not have: a tab would make it two fields.
    if let text = delivery.details.text {
      answer("\(delivery.userName)\t\(CharacterPolicy.terminalLine.applied(to: text))")
    }
    let outcome =
      delivery.state == .deferred
      ? DeliveryText.deferral(of: delivery, at: surroundings.now())
      : DeliveryText.outcome(delivery.state, delivery.sessionName)
    if !delivery.isReached {
      complain(DeliveryText.failure(of: delivery))
    } else if !request.options.wait {
      inform("Async message sent to \(delivery.recipientName)\(remarks)")
    } else if delivery.state == .written {
      inform(outcome)
    } else if delivery.state == .acknowledged || request.output == .everything {
      inform(outcome + remarks)
    } else {
      complain(outcome)
    }
  }

  /// Writes a line that only `/V` asks for.
  private func inform(_ line: String) {
    if request.output == .everything { say(line) }
  }

  private func complain(_ line: String) {
    if request.output != .nothing { surroundings.complain(prefix + line) }
  }

  private func answer(_ line: String) {
    if request.output != .nothing { surroundings.say(prefix + line, keepingTabs: true) }
  }

  private func say(_ line: String) {
    surroundings.say(prefix + line)
  }
}

extension Request {
  /// The only recipient, if there is one and it is a name.
  fileprivate var onlyName: String? {
    recipients.count == 1 && recipients[0] != Messenger.everyone ? recipients[0] : nil
  }
}
