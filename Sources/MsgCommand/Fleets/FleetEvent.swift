import MessengerContract
import PlainJSON

/// What msg-fleet says: a line of JSON each.
enum FleetEvent: Sendable, Equatable {
  /// The broker has taken the message. When it is over, in seconds since 1970.
  case sent(id: String, expires: Int)
  /// How many machines there are, and how many of them are offline and have not answered.
  case count(machines: Int, offline: Int)
  /// What has become of it on a machine.
  case answer(machine: String, MachineAnswer)
  /// A machine without an answer.
  case missing(machine: String, MissingState, since: Int?)
  /// A machine, for `--machines`.
  case machine(FleetMachine)
  /// A finding of `--doctor`.
  case finding(Finding)
  /// Something to know while waiting.
  case note(String)
  /// It has failed.
  case failed(MessengerError)
  /// Nothing follows.
  case end

  /// Why a machine has not answered.
  enum MissingState: String, Sendable {
    case offline
    case unknown
    case received
    /// It has sent so much that nobody listens any more.
    case flood
  }
}

/// A machine's answer.
struct MachineAnswer: Sendable, Equatable {
  /// How the message stands there.
  enum Stage: String, Sendable {
    case received, sent, refused, done, unknown
  }

  var stage: Stage
  var deliveries: [Delivery] = []
  var sessions: [Session] = []
  var error: MessengerError?
  var isFinal = false

  /// The most deliveries or sessions that are read of a machine.
  private static let most = 1000

  init(stage: Stage, deliveries: [Delivery] = [], error: MessengerError? = nil, isFinal: Bool = false) {
    self.stage = stage
    self.deliveries = deliveries
    self.error = error
    self.isFinal = isFinal
  }

  init(_ value: JSONValue) throws(JSONError) {
    guard let stage = value["stage"]?.text.flatMap(Stage.init(rawValue:)) else {
      throw JSONError("a receipt without a stage")
    }
    self.stage = stage
    isFinal = value["final"]?.boolean ?? false
    for delivery in (value["deliveries"]?.array ?? []).prefix(Self.most) { deliveries.append(try Delivery(delivery)) }
    for session in (value["sessions"]?.array ?? []).prefix(Self.most) { sessions.append(try Session(session)) }
    error = value.error
  }
}

/// A machine in the list of `--machines`.
struct FleetMachine: Sendable, Equatable {
  var name: String
  var isOnline: Bool
  /// Since when it is online or offline, in seconds since 1970; nil if the broker has never seen it. Of a machine whose
  /// connection broke, it is when that began.
  var since: Int?
  /// Whether it said itself that it leaves.
  var hasLeft: Bool
  var agentVersion: String

  /// Since when it is online or offline: `09:00`. When a connection broke, nobody knows, because the entry is as old as
  /// the connection: `after 09:00`. Nil if the broker has never seen it.
  func time(at now: Timestamp) -> String? {
    since.map { (isOnline || hasLeft ? "" : "after ") + Timestamp(seconds: $0).clock(seenAt: now) }
  }
}

extension FleetEvent {
  /// Reads a line. Nil if it is of a kind that a newer msg-fleet has.
  ///
  /// - Throws: a ``JSONError`` if it is none.
  init?(_ line: some Sequence<UInt8>) throws(JSONError) {
    let value = try JSONReader.read(line)
    switch value["is"]?.text {
    case "sent"?: self = .sent(id: try value.need("id").text ?? "", expires: try value.number("expires"))
    case "count"?: self = .count(machines: try value.number("machines"), offline: try value.number("offline"))
    case "receipt"?: self = .answer(machine: try value.machine(), try MachineAnswer(try value.need("receipt")))
    case "missing"?:
      guard let state = try value.need("state").text.flatMap(MissingState.init(rawValue:)) else {
        throw JSONError("an unknown state")
      }
      self = .missing(machine: try value.machine(), state, since: value["since"]?.integer.map { Int($0) })
    case "machine"?:
      self = .machine(
        FleetMachine(
          name: try value.machine(), isOnline: value["online"]?.boolean ?? false,
          since: value["since"]?.integer.map { Int($0) }, hasLeft: value["left"]?.boolean ?? false,
          agentVersion: value["agent"]?.text ?? ""))
    case "finding"?: self = .finding(try Finding(value))
    case "note"?: self = .note(value["text"]?.text ?? "")
    case "failed"?: self = .failed(value.error ?? MessengerError(.failed, "no reason given"))
    case "end"?: self = .end
    case nil: throw JSONError("no line of msg-fleet")
    default: return nil
    }
  }
}

extension Finding {
  fileprivate init(_ value: JSONValue) throws(JSONError) {
    guard let check = value["check"]?.text, let state = value["state"]?.text.flatMap(State.init(rawValue:)),
      let text = value["text"]?.text
    else { throw JSONError("not a finding") }
    self.init(
      check: check, state: state, text: text, reasons: [value["reason"]?.text].compactMap(\.self),
      fixes: [value["fix"]?.text].compactMap(\.self))
  }
}

extension JSONValue {
  fileprivate func need(_ key: String) throws(JSONError) -> JSONValue {
    guard let value = self[key] else { throw JSONError("'\(key)' is missing") }
    return value
  }

  fileprivate func number(_ key: String) throws(JSONError) -> Int {
    guard let number = self[key]?.integer else { throw JSONError("'\(key)' is no number") }
    return Int(number)
  }

  fileprivate func machine() throws(JSONError) -> String {
    guard let name = self["machine"]?.text else { throw JSONError("'machine' is no name") }
    return name
  }

  /// An error, whose words may be a stranger's: so many of them.
  fileprivate var error: MessengerError? {
    self["error"]?.text.map {
      MessengerError(
        MessengerErrorCode(busName: $0) ?? .failed, String((self["error-message"]?.text ?? $0).prefix(1000)))
    }
  }
}
