internal import MessengerContract

/// The deliveries of a message, as far as msgd has told them.
struct KnownDeliveries: Sendable, Equatable {
  private(set) var all: [Delivery]

  init(_ all: [Delivery] = []) { self.all = all }

  /// Whether nothing more can become of it.
  var isFinal: Bool { all.allSatisfy(\.state.isFinal) }

  /// Notes changes, in their order. What is final stays so.
  mutating func note(_ changes: [Delivery]) {
    for change in changes {
      guard let place = place(of: change) else {
        all.append(change)
        continue
      }
      if !all[place].state.isFinal { all[place] = change }
    }
  }

  /// The delivery that has changed: the one to that session. A message that was held for a user has got a session when
  /// the user came.
  private func place(of change: Delivery) -> Int? {
    if change.sessionID.isEmpty {
      return all.firstIndex { $0.sessionID.isEmpty && $0.uid == change.uid && $0.userName == change.userName }
    }
    return all.firstIndex { $0.sessionID == change.sessionID }
      ?? all.firstIndex { $0.sessionID.isEmpty && $0.state == .held && $0.uid == change.uid }
  }
}
