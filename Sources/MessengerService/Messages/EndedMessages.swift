/// Which messages of each sender have ended, oldest first: of these only so many are remembered, for a sender could
/// fill the memory with them.
struct EndedMessages: Sendable {
  /// How many of each user's.
  let most: Int
  private var ids: [UInt32: [UInt64]] = [:]

  init(most: Int) { self.most = most }

  /// Enters a message that has ended.
  ///
  /// - Returns: the user's oldest one where that is one too many.
  mutating func add(_ id: UInt64, of uid: UInt32) -> UInt64? {
    ids[uid, default: []].append(id)
    guard let own = ids[uid], own.count > most else { return nil }
    return own.first
  }

  /// Takes out a message that is not remembered any more.
  mutating func remove(_ id: UInt64, of uid: UInt32) {
    ids[uid]?.removeAll { $0 == id }
    if ids[uid]?.isEmpty == true { ids[uid] = nil }
  }
}
