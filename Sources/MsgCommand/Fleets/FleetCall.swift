import MessengerContract
import PlainJSON

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
  var line: [UInt8] {
    var members: [String: JSONValue] = [
      "do": .text(name), "fleet": .text(target.fleet),
      "connect-timeout": .integer(max(1, connectTimeout.components.seconds)),
    ]
    members["machine"] = target.machine.map { .text($0) }
    switch verb {
    case .send(let recipients, let body, let options):
      members["recipients"] = .array(recipients.map { .text($0) })
      members["body"] = .text(body)
      members["options"] = options.jsonFields
      members["wait"] = .boolean(options.wait)
    case .withdraw(let id): members["message"] = .text(id)
    case .sessions, .machines, .doctor: break
    }
    return JSONValue.object(members).line
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
