internal import MessengerContract

/// What msgd knows about a message's deliveries besides what their senders are told, by the deliveries' indices.
struct DeliveryNotes {
  /// The reasons for the deliveries' states.
  var reasons: [Int: DeliveryReason] = [:]
  /// The deliveries whose popups the desktop may hide without telling.
  var hideable: Set<Int> = []
  /// By what the deliveries are shown; a popup if there is no other entry.
  var means: [Int: DeliveryMeans] = [:]
}
