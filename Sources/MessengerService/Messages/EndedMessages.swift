/// The ended messages of each sender, oldest first. Only so many are remembered, because a sender could otherwise fill
/// the memory with them.
struct EndedMessages: Sendable {
  /// How many of each user's messages are remembered.
  let most: Int
  private var ids: [UInt32: [UInt64]] = [:]

  init(most: Int) { self.most = most }

  /// Adds a message that has ended.
  ///
  /// - Returns: the user's oldest message, if it is now one too many.
  mutating func add(_ id: UInt64, of uid: UInt32) -> UInt64? {
    ids[uid, default: []].append(id)
    guard let own = ids[uid], own.count > most else { return nil }
    return own.first
  }

  /// Removes a message that is no longer remembered.
  mutating func remove(_ id: UInt64, of uid: UInt32) {
    ids[uid]?.removeAll { $0 == id }
    if ids[uid]?.isEmpty == true { ids[uid] = nil }
  }
}
