internal import MessengerContract

/// What has a record of its own of the deliveries of one message, and what is only counted. A user may open any number
/// of sessions, and the journal is not theirs to fill: journald drops what comes too fast, whoever it concerns.
struct FinalDeliveries {
  /// How many sessions of a user's have a record each.
  static let mostOfUser = 16

  /// The sessions of one user beyond those.
  struct Others: Equatable {
    let uid: UInt32
    let userName: String
    /// How many there are.
    var count = 0
    /// What became of them, each state once.
    var states: [String] = []
  }

  private var counts: [UInt32: Int] = [:]
  private(set) var others: [Others] = []

  /// Takes in a delivery that is final.
  ///
  /// - Returns: whether it has a record of its own.
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
