internal import FleetContract

/// What tells messages apart: the id, and the sender who the broker and the signature say it is. So nobody can take an
/// id from somebody else's message by using it first.
struct MessageKey: Hashable, Sendable, CustomStringConvertible {
  let id: MessageID
  let sender: FleetName

  /// The name of the message's file.
  var file: String { "\(id)-\(sender)" }

  var description: String { "\(id) of \(sender)" }

  init(id: MessageID, sender: FleetName) {
    self.id = id
    self.sender = sender
  }

  /// Reads a file's name; `nil` if no message has it.
  init?(file: String) {
    let bytes = file.utf8
    guard bytes.count > 37, let end = bytes.index(bytes.startIndex, offsetBy: 36, limitedBy: bytes.endIndex),
      file[end] == "-", let id = MessageID(file[..<end]), let sender = FleetName(file[file.index(after: end)...])
    else { return nil }
    self.init(id: id, sender: sender)
  }
}
