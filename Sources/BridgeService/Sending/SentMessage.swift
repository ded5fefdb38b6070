internal import GBus
internal import MessengerContract

/// A message that was sent, and what is known of it. It decides whether users lose a popup when msgd leaves.
struct SentMessage: Sendable {
  /// How long before msgd's end it takes popups back.
  private static let closingTimeout: Duration = .seconds(15)

  /// Its id.
  let id: UInt64
  private var open: Set<String>
  private var lastWithdrawal: Deadline?

  /// - Parameters:
  ///   - id: the message's id.
  ///   - deliveries: what msgd answered.
  init(id: UInt64, deliveries: [Delivery]) {
    self.id = id
    open = Set(deliveries.filter { !$0.state.isFinal }.map(\.sessionID))
  }

  /// Whether it stands somewhere, or is on its way.
  var isOpen: Bool { !open.isEmpty }

  /// Notes changes.
  mutating func note(_ changes: [Delivery], at now: Deadline) {
    for change in changes {
      if change.state.isFinal { open.remove(change.sessionID) } else { open.insert(change.sessionID) }
      if change.state == .withdrawn { lastWithdrawal = now }
    }
  }

  /// Whether somebody who has not closed it sees it no more, if msgd has left. A msgd that is told to leave withdraws
  /// its popups before; one that has crashed doesn't.
  func isLost(at now: Deadline) -> Bool {
    !open.isEmpty || lastWithdrawal.map { now - $0 < Self.closingTimeout } ?? false
  }
}
