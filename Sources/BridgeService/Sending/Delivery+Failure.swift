internal import MessengerContract

extension Delivery {
  /// The reason for the first failure among some deliveries, and how many there are; `nil` for none.
  static func failure(in deliveries: [Delivery]) -> String? {
    let failed = deliveries.filter { $0.state == .failed }
    guard let first = failed.first else { return nil }
    let others = failed.count > 1 ? ", and \(failed.count - 1) more" : ""
    return "\(first.userName): \(first.details.error?.message ?? "no reason given")\(others)"
  }
}
