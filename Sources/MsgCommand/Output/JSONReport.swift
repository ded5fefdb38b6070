import MessengerClient
import MessengerContract

/// Reports a message to programs: one JSON object for each delivery.
struct JSONReport: Report {
  private let request: Request
  private let host: String
  private let surroundings: Surroundings
  private let sent: String
  private var updated: [String: String] = [:]

  /// - Parameters:
  ///   - request: the message that is being sent.
  ///   - host: the machine's name in the objects.
  ///   - surroundings: where the report is written.
  init(on request: Request, host: String, to surroundings: Surroundings) {
    self.request = request
    self.host = host
    self.surroundings = surroundings
    sent = surroundings.now().text
  }

  mutating func tell(changed delivery: Delivery) {
    updated[delivery.sessionID] = surroundings.now().text
  }

  mutating func tell(_ receipt: Receipt) {
    for delivery in receipt.deliveries { write(delivery, id: .integer(receipt.id)) }
  }

  mutating func tell(_ error: any Error) {
    let reason = error as? MessengerError ?? MessengerError(.failed, "\(error)")
    let nobody = NobodyReached(error, of: request.recipients)
    for recipient in request.recipients {
      write(
        Delivery(
          sessionID: "", userName: recipient, uid: Messenger.noUID, state: .failed,
          details: DeliveryDetails(error: nobody?.reason(for: recipient) ?? reason)),
        id: .null)
    }
    if let nobody { nobody.lines.forEach(surroundings.complain) } else { surroundings.complain(about: error) }
  }

  /// Writes what became of the message on a machine where it has no deliveries.
  func write(machineIn state: String, error: MessengerError?, id: JSONObject.Value) {
    write(
      Delivery(
        sessionID: "", userName: "", uid: Messenger.noUID, state: .failed, details: DeliveryDetails(error: error)),
      id: id, state: state)
  }

  /// Writes a delivery.
  func write(_ delivery: Delivery, id: JSONObject.Value, state: String? = nil) {
    let details = delivery.details
    let isSession = !delivery.sessionID.isEmpty
    surroundings.say(
      JSONObject([
        "host": .text(host),
        "id": id,
        "session": isSession ? .text(delivery.sessionID) : .null,
        DeliveryDetail.sessionName.rawValue: .text(orNull: details.sessionName),
        "user": .text(orNull: delivery.userName.isEmpty ? nil : delivery.userName),
        "uid": isSession ? .integer(UInt64(delivery.uid)) : .null,
        "state": .text(state ?? delivery.state.rawValue),
        DeliveryDetail.reply.rawValue: .text(orNull: details.reply),
        DeliveryDetail.text.rawValue: .text(orNull: details.text),
        DeliveryDetail.elapsed.rawValue: details.elapsed.map { .decimal($0) } ?? .null,
        DeliveryDetail.by.rawValue: .text(orNull: details.by?.rawValue),
        DeliveryDetail.certain.rawValue: details.certain.map { .boolean($0) } ?? .null,
        DeliveryDetail.returns.rawValue: details.returns.map { .integer($0) } ?? .null,
        DeliveryDetail.deferrals.rawValue: .integer(UInt64(details.deferrals ?? 0)),
        DeliveryDetail.until.rawValue: details.until.map { .integer($0) } ?? .null,
        DeliveryDetail.error.rawValue: .text(orNull: details.error?.code.busName),
        DeliveryDetail.errorMessage.rawValue: .text(orNull: details.error?.message),
        "sent": .text(sent),
        "updated": .text(updated[delivery.sessionID] ?? surroundings.now().text),
      ]).line)
  }
}
