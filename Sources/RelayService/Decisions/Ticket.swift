internal import FleetContract

/// A message that waits for its turn. Its text is on the disk.
struct Ticket: Sendable, Equatable {
  /// In which order messages are looked at, and what limits them. Nobody has checked yet that it is true.
  enum Kind: Sendable { case withdrawal, question, message }

  let key: MessageKey
  let kind: Kind

  init(_ record: MessageRecord, _ request: FleetRequest) {
    key = record.key
    kind =
      switch request {
      case .withdraw: .withdrawal
      case .status, .sessions: .question
      case .send: .message
      }
  }
}
