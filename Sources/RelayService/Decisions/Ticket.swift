internal import FleetContract

/// A message that waits for its turn. Its text is on the disk.
struct Ticket: Sendable, Equatable {
  let key: MessageKey
  let kind: Envelope.Kind

  init(_ envelope: Envelope) {
    key = MessageKey(id: envelope.id, sender: envelope.sender)
    kind = envelope.kind
  }
}
