internal import FleetContract

/// What a payload says of itself, without what it asks for. A newer sender may ask for something that this version
/// doesn't know; it learns that once its signature is checked.
struct Envelope: Sendable, Equatable, Decodable {
  let id: MessageID
  let sender: FleetName
  let sent: Int64
  let expires: Int64
  let fleet: FleetName
  let machine: FleetName?
  /// What is asked for.
  let verb: String
  /// The message that this is about, if it is about one.
  let message: MessageID?

  private enum CodingKeys: String, CodingKey {
    case id, sender, sent, expires, fleet, machine, message
    case verb = "do"
  }

  /// The topic on which it belongs.
  var topic: Topic { machine.map { .machine($0, sender: sender) } ?? .fleet(fleet, sender: sender) }

  /// In which order it is looked at. Nobody has checked yet that it is true.
  var kind: Kind {
    switch verb {
    case "withdraw": .withdrawal
    case "status", "sessions": .question
    default: .message
    }
  }

  /// What limits messages, and which come first.
  enum Kind: Sendable { case withdrawal, question, message }
}
