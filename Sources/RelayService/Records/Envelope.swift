internal import FleetContract
internal import PlainJSON

/// What a payload says of itself, without what it asks for. A newer sender may ask for something that this version
/// doesn't know; it learns that once its signature is checked.
@dynamicMemberLookup
struct Envelope: Sendable, Equatable {
  let head: MessageHead
  /// What is asked for.
  let verb: String
  /// The message that this is about, if it is about one.
  let message: MessageID?

  /// Reads it from a payload.
  ///
  /// - Throws: a `JSONError` that names what is missing.
  init(jsonText: [UInt8]) throws(JSONError) {
    let value = try JSONReader.read(jsonText)
    head = try MessageHead(value)
    verb = try value.member("do", \.text)
    message = try value.optionalMember("message", MessageID.init)
  }

  /// A member of the head.
  subscript<Member>(dynamicMember path: KeyPath<MessageHead, Member>) -> Member { head[keyPath: path] }

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
