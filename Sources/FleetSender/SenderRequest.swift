internal import FleetContract
internal import MessengerContract
internal import PlainJSON

/// What `msg` asks of msg-fleet: a line of JSON on standard input.
struct SenderRequest: Equatable {
  /// What is to be done.
  enum Verb: Equatable {
    case send(recipients: [String], body: String, options: SendOptions)
    case withdraw(MessageID)
    case sessions
    /// List the machines. Nothing is sent.
    case machines
    /// Check what a message passes. Nothing is sent.
    case doctor
  }

  /// The fleet's name in `fleets.conf`.
  var fleet: String
  /// The only machine; nil for all.
  var machine: FleetName?
  var verb: Verb
  /// Whether to wait for users.
  var waits: Bool
  /// How long reaching the broker may take.
  var connectTimeout: Duration

  /// The longest line.
  static let maximumSize = 4 << 20

  /// Reads the line.
  ///
  /// - Throws: a `MessengerError` that says what is wrong with it.
  init(_ line: [UInt8]) throws(MessengerError) {
    let value: JSONValue
    do throws(JSONError) { value = try JSONReader.read(line) } catch {
      throw MessengerError(.invalidArgument, "the request is \(error)")
    }
    guard let fleet = value["fleet"]?.text else { throw MessengerError(.invalidArgument, "the request has no fleet") }
    self.fleet = fleet
    waits = value["wait"]?.boolean ?? false
    connectTimeout = .seconds(value["connect-timeout"]?.integer ?? 10)
    machine = nil
    if let text = value["machine"]?.text {
      guard let name = FleetName(text) else { throw MessengerError(.invalidArgument, "'\(text)' is no machine's name") }
      machine = name
    }
    switch value["do"]?.text {
    case "send"?: verb = try Self.send(value)
    case "withdraw"?:
      guard let text = value["message"]?.text, let id = MessageID(text) else {
        throw MessengerError(.invalidArgument, "an id of a fleet's message is the one that --print-id printed")
      }
      verb = .withdraw(id)
    case "sessions"?: verb = .sessions
    case "machines"?: verb = .machines
    case "doctor"?: verb = .doctor
    default: throw MessengerError(.invalidArgument, "the request asks nothing that msg-fleet can do")
    }
  }

  private static func send(_ value: JSONValue) throws(MessengerError) -> Verb {
    guard let recipients = value["recipients"]?.array?.compactMap(\.text), let body = value["body"]?.text else {
      throw MessengerError(.invalidArgument, "the request has no recipients or no body")
    }
    var options = SendOptions()
    do throws(JSONError) { try options.read(value["options"]?.object ?? [:]) } catch {
      throw MessengerError(.invalidArgument, "the request's options: \(error)")
    }
    // An agent follows each message anyway.
    options.wait = false
    return .send(recipients: recipients, body: body, options: options)
  }

  /// How long the message may wait for machines, in seconds; nil if none is sent.
  ///
  /// A message lives for as long as its `--hold`, or else its popup's time: it is no use later. One that stays until it
  /// is answered lives as long as any can, and so does a withdrawal, which must outlive what it withdraws.
  var life: Int64? {
    switch verb {
    case .send(_, _, let options):
      let time = options.hold ?? options.timeout ?? Messenger.defaultTimeout
      return time == 0 ? FleetMessage.longestLife : min(Int64(time), FleetMessage.longestLife)
    case .withdraw: return FleetMessage.longestLife
    case .sessions: return 10
    case .machines, .doctor: return nil
    }
  }

  /// How long a popup stands; nil if it stays until it is answered.
  var stay: Duration? {
    guard case .send(_, _, let options) = verb else { return .zero }
    let time = options.timeout ?? Messenger.defaultTimeout
    return time == 0 ? nil : .seconds(Int64(time))
  }

  /// What machines are asked.
  var forMachines: FleetRequest? {
    switch verb {
    case .send(let recipients, let body, let options): .send(recipients: recipients, body: body, options: options)
    case .withdraw(let id): .withdraw(id)
    case .sessions: .sessions
    case .machines, .doctor: nil
    }
  }
}
