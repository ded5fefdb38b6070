internal import MessengerContract

/// The final deliveries of one message: which have a journal record of their own, and which are only counted. A user
/// may open any number of sessions and must not be able to fill the journal with them: journald drops records that come
/// too fast, whomever they concern.
struct FinalDeliveries {
  /// How many of a user's sessions have a record each.
  static let mostOfUser = 16

  /// One user's sessions beyond those.
  struct Others: Equatable {
    let uid: UInt32
    let userName: String
    /// How many such sessions there are.
    var count = 0
    /// The final states of their deliveries, each once.
    var states: [String] = []
  }

  private var counts: [UInt32: Int] = [:]
  private(set) var others: [Others] = []

  /// Adds a final delivery.
  ///
  /// - Returns: whether the delivery has a record of its own.
  mutating func add(_ delivery: Delivery) -> Bool {
    counts[delivery.uid, default: 0] += 1
    guard counts[delivery.uid, default: 0] > Self.mostOfUser else { return true }
    let index = others.firstIndex { $0.uid == delivery.uid } ?? others.count
    if index == others.count { others.append(Others(uid: delivery.uid, userName: delivery.userName)) }
    others[index].count += 1
    others[index].states = (others[index].states + [delivery.state.rawValue]).unique
    return false
  }
}
