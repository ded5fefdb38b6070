/// What a notification server was sent of a popup, by the popup's revision, and has not confirmed yet.
struct Unconfirmed<Content> {
  /// How many contents are remembered. A server that leaves more unanswered confirms the newest only.
  private static var most: Int { 16 }

  private var sent: [(revision: Int, content: Content)] = []

  /// Notes that the server was sent a content.
  mutating func add(_ content: Content, of revision: Int) {
    sent.append((revision, content))
    if sent.count > Self.most { sent.removeFirst() }
  }

  /// Notes that the server has answered; older contents don't count any more.
  ///
  /// - Returns: the content; `nil` if it isn't awaited.
  mutating func confirm(_ revision: Int) -> Content? {
    guard let index = sent.firstIndex(where: { $0.revision == revision }) else { return nil }
    let content = sent[index].content
    sent.removeFirst(index + 1)
    return content
  }
}
