/// The messages in each content of a combined popup that was sent, and that the server has not confirmed yet.
struct UnconfirmedContents {
  /// How many are remembered. A server that leaves more unanswered confirms the newest only.
  private static let most = 16

  private var sent: [(revision: Int, parts: [CombinedPart.Snapshot])] = []

  /// Notes that the server was sent a content with some messages.
  mutating func add(_ parts: [CombinedPart.Snapshot], of revision: Int) {
    sent.append((revision, parts))
    if sent.count > Self.most { sent.removeFirst() }
  }

  /// Notes that the server has answered; older contents don't count any more.
  ///
  /// - Returns: the messages in the content; `nil` if it isn't awaited.
  mutating func confirm(_ revision: Int) -> [CombinedPart.Snapshot]? {
    guard let index = sent.firstIndex(where: { $0.revision == revision }) else { return nil }
    let parts = sent[index].parts
    sent.removeFirst(index + 1)
    return parts
  }
}
