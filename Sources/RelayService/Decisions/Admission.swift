internal import FleetContract
internal import MQTT
internal import MessengerContract
internal import PlainJSON

/// Which messages count. It has no clock: the time is passed in.
struct Admission: Sendable {
  /// The largest payload, in bytes: a body of 64 KiB, each character of which JSON may escape with six.
  static let largestPayload = 512 << 10
  /// Times with which one can calculate, in seconds since 1970.
  private static let times: Range<Int64> = 0..<1 << 40

  let machine: FleetName
  let fleets: [FleetName]

  /// Why something is no message for this machine.
  struct Rejection: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  /// Reads a packet, before its signature is checked: what it says of itself must fit together.
  ///
  /// - Throws: a ``Rejection``. Nobody is told, because nobody knows who has written it.
  func read(_ incoming: IncomingMessage) throws(Rejection) -> (Envelope, MessageRecord.Original) {
    // A machine that is enrolled later would get it after its withdrawal.
    guard !incoming.isRetained else { throw Rejection(description: "it is retained") }
    guard incoming.payload.count <= Self.largestPayload else {
      throw Rejection(description: "it has \(incoming.payload.count) bytes")
    }
    guard let topic = Topic(path: incoming.topic) else { throw Rejection(description: "nothing belongs on this topic") }
    let signature = incoming.properties[Signature.property] ?? ""
    guard signature.utf8.count <= Signature.longest else { throw Rejection(description: "its signature is too long") }
    guard let payload = String(validating: incoming.payload, as: UTF8.self) else {
      throw Rejection(description: "it is not UTF-8")
    }
    let envelope: Envelope
    do throws(JSONError) { envelope = try Envelope(jsonText: incoming.payload) } catch {
      throw Rejection(description: "it is not readable: \(error)")
    }
    guard Self.times.contains(envelope.sent), Self.times.contains(envelope.expires) else {
      throw Rejection(description: "its times are none")
    }
    try check(envelope, topic)
    let original = MessageRecord.Original(topic: incoming.topic, payload: payload, signature: signature)
    return (envelope, original)
  }

  private func check(_ envelope: Envelope, _ topic: Topic) throws(Rejection) {
    guard envelope.topic == topic else {
      throw Rejection(description: "it says that it belongs on \(envelope.topic.path)")
    }
    switch topic {
    case .fleet(let fleet, _):
      guard fleets.contains(fleet) else { throw Rejection(description: "this machine is not in the fleet \(fleet)") }
    case .machine(let machine, _):
      guard machine == self.machine else { throw Rejection(description: "it is for the machine \(machine)") }
      guard fleets.contains(envelope.fleet) else {
        throw Rejection(description: "this machine is not in the fleet \(envelope.fleet)")
      }
    case .receipt, .presence: throw Rejection(description: "no messages belong on this topic")
    }
  }

  /// Decides on a message whose signature is valid.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - now: the time, in seconds since 1970.
  /// - Returns: why it is refused, for its sender; `nil` if it is not.
  func refusal(of message: FleetMessage, at now: Int64) -> MessengerError? {
    if !fleets.contains(message.fleet) {
      return MessengerError(.notAuthorized, "\(machine) is not in the fleet \(message.fleet)")
    }
    if message.expires - message.sent > FleetMessage.longestLife {
      return MessengerError(.invalidArgument, "a message expires after seven days at the latest")
    }
    if message.expires <= now { return MessengerError(.failed, "it had expired when \(machine) got it") }
    if message.sent - now > MessageRecord.clockTolerance {
      return MessengerError(.failed, "it comes from the future, by the clock of \(machine)")
    }
    return nil
  }
}
