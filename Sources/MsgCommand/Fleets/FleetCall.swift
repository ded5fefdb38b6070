import MessengerContract

/// What msg-fleet is asked to do: one line of JSON.
struct FleetCall: Sendable {
  /// What is asked.
  enum Verb: Sendable {
    case send(recipients: [String], body: String, options: SendOptions)
    case withdraw(id: String)
    case sessions
    case machines
    case doctor
  }

  /// The fleet, or its machine.
  let target: FleetTarget
  /// How long the broker may take to answer.
  let connectTimeout: Duration
  /// What is asked.
  let verb: Verb

  /// The line.
  var line: String {
    var members: [(String, JSONObject.Value)] = [
      ("do", .text(name)), ("fleet", .text(target.fleet)), ("machine", .text(orNull: target.machine)),
      ("connect-timeout", .integer(UInt64(max(1, connectTimeout.components.seconds)))),
    ]
    switch verb {
    case .send(let recipients, let body, let options):
      members += [
        ("recipients", .array(recipients.map { .text($0) })), ("body", .text(body)),
        ("options", .object(options.json)), ("wait", .boolean(options.wait)),
      ]
    case .withdraw(let id): members.append(("message", .text(id)))
    case .sessions, .machines, .doctor: break
    }
    return JSONObject(members).line
  }

  private var name: String {
    switch verb {
    case .send: "send"
    case .withdraw: "withdraw"
    case .sessions: "sessions"
    case .machines: "machines"
    case .doctor: "doctor"
    }
  }
}

extension ContractFields {
  /// The fields as JSON, with the keys that they have on D-Bus.
  fileprivate var json: JSONObject {
    JSONObject(
      fields.map { key, value in
        let value: JSONObject.Value =
          switch value {
          case .string(let text): .text(text)
          case .uint32(let number): .integer(UInt64(number))
          case .uint64(let number): .integer(number)
          case .double(let number): .decimal(number)
          case .boolean(let flag): .boolean(flag)
          case .strings(let texts): .array(texts.map { .text($0) })
          case .uint32s(let numbers): .array(numbers.map { .integer(UInt64($0)) })
          case .replies(let replies): .array(replies.map { .array([.text($0.key), .text($0.label)]) })
          }
        return (key.rawValue, value)
      })
  }
}
