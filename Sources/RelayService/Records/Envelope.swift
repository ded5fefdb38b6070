internal import FleetContract
internal import PlainJSON

/// What a payload says of itself, without what it asks for. A newer sender may ask for something that this version
/// doesn't know; it learns that once its signature is checked.
struct Envelope: Sendable, Equatable {
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

  /// Reads it from a payload.
  ///
  /// - Throws: a `JSONError` that names what is missing.
  init(jsonText: [UInt8]) throws(JSONError) {
    let value = try JSONReader.read(jsonText)
    id = try value.member("id", MessageID.init)
    sender = try value.member("sender", FleetName.init)
    sent = try value.member("sent", \.integer)
    expires = try value.member("expires", \.integer)
    fleet = try value.member("fleet", FleetName.init)
    machine = try value.optionalMember("machine", FleetName.init)
    verb = try value.member("do", \.text)
    message = try value.optionalMember("message", MessageID.init)
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
