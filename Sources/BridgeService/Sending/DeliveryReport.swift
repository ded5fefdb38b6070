internal import GBus
internal import MessengerContract

/// What msgd reports of the delivery to one session.
struct DeliveryReport: Sendable, Equatable {
  /// The session's id; empty if there is none.
  var sessionID: String
  /// What became of it so far.
  var state: DeliveryState
  /// The user's name.
  var userName = ""
  /// Why it has failed, in words; `nil` if it hasn't.
  var failure: String?

  /// The reason for the first failure among some deliveries, and how many there are; `nil` for none.
  static func failure(in deliveries: [DeliveryReport]) -> String? {
    let failed = deliveries.filter { $0.state == .failed }
    guard let first = failed.first else { return nil }
    let others = failed.count > 1 ? ", and \(failed.count - 1) more" : ""
    return "\(first.userName): \(first.failure ?? "no reason given")\(others)"
  }

  /// Reads an array of deliveries; leaves out what isn't one.
  static func list(_ value: Value?) -> [DeliveryReport] {
    (value?.elements ?? []).compactMap { entry in
      guard let members = entry.members, members.count == 5, let id = members[0].string,
        let state = members[3].string.flatMap(DeliveryState.init)
      else { return nil }
      return DeliveryReport(
        sessionID: id, state: state, userName: members[1].string ?? "",
        failure: members[4].dictionary?[DeliveryDetail.errorMessage.rawValue]?.string)
    }
  }
}
