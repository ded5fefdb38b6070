/// The ids of the messages that are to be withdrawn some day, noted in a file: after a crash the next bridge withdraws
/// them, so that no popup counts on by itself.
struct StandingMessages: Sendable {
  /// The ids, in the order in which they were sent.
  private(set) var ids: [UInt64] = []
  /// The file; `nil` for none.
  private let path: String?

  /// Reads what an earlier bridge has left in a file.
  init(path: String?) {
    self.path = path
    let text = path.flatMap(SmallFile.read) ?? []
    ids = text.split(separator: UInt8(ascii: "\n")).compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }
  }

  /// Notes a message that was sent.
  ///
  /// - Returns: whether the note is in the file.
  mutating func note(_ id: UInt64) -> Bool {
    ids.append(id)
    return save()
  }

  /// Forgets a message that was withdrawn.
  mutating func forget(_ id: UInt64) {
    ids.removeAll { $0 == id }
    _ = save()
  }

  private func save() -> Bool {
    guard let path else { return true }
    return SmallFile.write(Array(ids.map { "\($0)\n" }.joined().utf8), to: path)
  }
}
