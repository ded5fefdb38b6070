internal import FleetContract
internal import PlainJSON

/// Up to when each sender's messages are forgotten. Nobody knows of an older one whether it was shown, so none is.
///
/// By the clocks, no such message comes: it has expired. But a clock that runs ahead lets the service forget messages
/// that have not, and a broker that is taken over could repeat them once it is right.
struct ForgottenMessages: Sendable, Equatable {
  /// When the last of a sender's forgotten messages was sent, in seconds since 1970.
  private var times: [FleetName: Int64] = [:]

  init() {}

  /// Notes that a message is forgotten.
  mutating func note(_ sender: FleetName, sent: Int64) { times[sender] = max(times[sender] ?? sent, sent) }

  /// Whether a message may be one of them.
  func mayHold(_ sender: FleetName, sent: Int64) -> Bool { times[sender].map { sent <= $0 } ?? false }
}

extension ForgottenMessages: JSONConvertible {
  /// Reads the times.
  init(_ value: JSONValue) throws(JSONError) {
    guard let members = value.object else { throw JSONError("not an object") }
    for (name, time) in members {
      guard let sender = FleetName(name), let sent = time.integer else { throw JSONError("'\(name)' has no time") }
      times[sender] = sent
    }
  }

  /// The times, by sender.
  var json: JSONValue {
    .object(Dictionary(uniqueKeysWithValues: times.map { ($0.key.description, .integer($0.value)) }))
  }
}
