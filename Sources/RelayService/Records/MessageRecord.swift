internal import FleetContract
internal import PlainJSON

/// What the disk says of a message. It is there from before the broker is told that the message has come, until an hour
/// after it expires.
struct MessageRecord: Sendable, Equatable {
  /// How far it has come.
  enum Stage: String, Sendable {
    /// It has come. Nobody has looked at its signature.
    case stored
    /// msgd is being called, or has been. Whoever finds this after a crash can't know.
    case sending
    /// msgd has it, under the id that the record has.
    case sent
    /// The last receipt is written.
    case done
  }

  /// How it came: what its signature is checked with. Only in ``Stage/stored``.
  struct Original: Sendable, Equatable {
    var topic: String
    var payload: String
    var signature: String
  }

  let id: MessageID
  let sender: FleetName
  let fleet: FleetName
  let sent: Int64
  let expires: Int64
  /// The message that it takes back, if it is a withdrawal.
  let withdraws: MessageID?
  var stage: Stage
  var original: Original?
  /// msgd's id of it.
  var serviceID: UInt64?
  /// The last receipt that was published, or is to be.
  var receipt: MachineReceipt?
  /// Whether the broker has the last receipt.
  var isConfirmed = false

  var key: MessageKey { MessageKey(id: id, sender: sender) }

  /// How far a sender's clock may be ahead, in seconds.
  static let clockTolerance: Int64 = 86_400

  /// Makes the record of a message that has just come. It is kept no longer than any message may live.
  init(_ envelope: Envelope, _ original: Original, at now: Int64) {
    id = envelope.id
    sender = envelope.sender
    fleet = envelope.fleet
    sent = envelope.sent
    expires = min(envelope.expires, now + FleetMessage.longestLife + Self.clockTolerance)
    withdraws = envelope.kind == .withdrawal ? envelope.message : nil
    stage = .stored
    self.original = original
  }

  /// Makes it a note that the message was there.
  mutating func begin(_ stage: Stage) {
    self.stage = stage
    original = nil
  }
}

extension MessageRecord: JSONConvertible {
  /// Reads a record.
  init(_ value: JSONValue) throws(JSONError) {
    id = try value.member("id", MessageID.init)
    sender = try value.member("sender", FleetName.init)
    fleet = try value.member("fleet", FleetName.init)
    sent = try value.member("sent", \.integer)
    expires = try value.member("expires", \.integer)
    withdraws = try value.optionalMember("withdraws", MessageID.init)
    stage = try value.member("stage") { $0.text.flatMap(Stage.init(rawValue:)) }
    original = try value.optionalMember("original", Original.init)
    serviceID = try value.optionalMember("serviceID") { $0.integer.flatMap(UInt64.init(exactly:)) }
    receipt = try value.optionalMember("receipt", MachineReceipt.init)
    isConfirmed = try value.member("isConfirmed", \.boolean)
  }

  /// The record.
  var json: JSONValue {
    .object(
      [
        "id": id.json, "sender": sender.json, "fleet": fleet.json, "sent": .integer(sent),
        "expires": .integer(expires), "withdraws": withdraws?.json, "stage": .text(stage.rawValue),
        "original": original?.json, "serviceID": serviceID.map { .integer(Int64(clamping: $0)) },
        "receipt": receipt?.json, "isConfirmed": .boolean(isConfirmed),
      ].compactMapValues(\.self))
  }
}

extension MessageRecord.Original: JSONConvertible {
  /// Reads it.
  init(_ value: JSONValue) throws(JSONError) {
    topic = try value.member("topic", \.text)
    payload = try value.member("payload", \.text)
    signature = try value.member("signature", \.text)
  }

  /// It as it is in the record.
  var json: JSONValue {
    .object(["topic": .text(topic), "payload": .text(payload), "signature": .text(signature)])
  }
}
