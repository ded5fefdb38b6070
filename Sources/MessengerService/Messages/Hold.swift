internal import MessengerContract

/// Which of a message's deliveries are held until their users come, and until when. A delivery leaves it when it is
/// final or put off; until then, whatever keeps a popup from being seen makes it wait again.
struct Hold: Equatable {
  /// When the waiting ends, in seconds since 1970.
  let until: UInt64
  /// The users' deliveries by uid: their indices.
  private(set) var users: [UInt32: Int] = [:]
  /// The entries for whoever comes: their indices, with the words.
  private(set) var words: [Int: String] = [:]
  /// The uids of users who have had the message as one of those who came.
  private(set) var served: Set<UInt32>

  /// Makes a hold of deliveries that aren't bound to sessions.
  ///
  /// - Parameters:
  ///   - deliveries: a message's deliveries. Those for whoever comes have no uid.
  ///   - until: when the waiting ends, in seconds since 1970.
  ///   - served: the uids of users who have had the message already.
  init(of deliveries: [Delivery], until: UInt64, served: Set<UInt32> = []) {
    self.until = until
    self.served = served
    for (index, delivery) in deliveries.enumerated() where delivery.state == .held {
      if delivery.uid == Messenger.noUID { words[index] = delivery.userName } else { users[delivery.uid] = index }
    }
  }

  /// Whether a delivery is held, or would be again if it could not be shown.
  func has(_ index: Int) -> Bool { words[index] != nil || users.values.contains(index) }

  /// Whether a user may get the message as one of those who come.
  func awaits(_ uid: UInt32) -> Bool { users[uid] == nil && !served.contains(uid) }

  /// Adds the delivery to a user who has come.
  mutating func add(_ uid: UInt32, at index: Int) { users[uid] = index }

  /// Removes a delivery, which is final or put off.
  mutating func remove(_ index: Int, of uid: UInt32) {
    words[index] = nil
    if users[uid] == index {
      users[uid] = nil
      served.insert(uid)
    }
  }

  /// Whether nobody is waited for any more.
  var isOver: Bool { users.isEmpty && words.isEmpty }
}
