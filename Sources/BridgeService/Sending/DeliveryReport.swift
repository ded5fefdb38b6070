internal import GBus
internal import MessengerContract

/// What msgd reports of the delivery to one session.
struct DeliveryReport: Sendable, Equatable {
  /// The session's id; empty if there is none.
  var sessionID: String
  /// What became of it so far.
  var state: DeliveryState

  /// Reads an array of deliveries; leaves out what isn't one.
  static func list(_ value: Value?) -> [DeliveryReport] {
    (value?.elements ?? []).compactMap { entry in
      guard let members = entry.members, members.count == 5, let id = members[0].string,
        let state = members[3].string.flatMap(DeliveryState.init)
      else { return nil }
      return DeliveryReport(sessionID: id, state: state)
    }
  }
}
