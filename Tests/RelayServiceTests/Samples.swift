import FleetContract
import MQTT
import MessengerContract
import PlainJSON

@testable import RelayService

/// What the tests are about: the machine pc7 of the fleet office, at a time.
enum Sample {
  static let now: Int64 = 1_800_000_000
  static let office = name("office")
  static let helpdesk = name("helpdesk")
  static let pc7 = name("pc7")
  static let admission = Admission(machine: pc7, fleets: [office])

  static func name(_ text: String) -> FleetName {
    guard let name = FleetName(text) else { preconditionFailure("\(text) is no name") }
    return name
  }

  static func id(_ number: Int = 0) -> MessageID {
    guard let id = MessageID("01890000-0000-7000-8000-\(digits(number))") else { preconditionFailure("no id") }
    return id
  }

  private static func digits(_ number: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 12 - text.count) + text
  }

  static func key(_ number: Int = 0, _ sender: FleetName = helpdesk) -> MessageKey {
    MessageKey(id: id(number), sender: sender)
  }

  static func message(
    _ number: Int = 0, from sender: FleetName = helpdesk, sent: Int64 = now, expires: Int64 = now + 60,
    fleet: FleetName = office, machine: FleetName? = nil,
    _ request: FleetRequest = .send(recipients: ["alice"], body: "Fire drill", options: SendOptions())
  ) -> FleetMessage {
    FleetMessage(
      id: id(number), sender: sender, sent: sent, expires: expires, fleet: fleet, machine: machine, request: request)
  }

  static func packet(
    _ message: FleetMessage, topic: String? = nil, signature: String = "signature"
  ) throws -> IncomingMessage {
    IncomingMessage(
      topic: topic ?? message.topic.path, payload: message.jsonText, isRetained: false,
      properties: ["signature": signature])
  }

  static func ticket(
    _ number: Int, from sender: FleetName = helpdesk,
    _ request: FleetRequest = .send(recipients: [], body: "", options: SendOptions())
  ) -> Ticket {
    Ticket(envelope(of: message(number, from: sender, request)))
  }

  static func envelope(of message: FleetMessage) -> Envelope {
    guard let envelope = try? Envelope(jsonText: message.jsonText) else { preconditionFailure("no envelope") }
    return envelope
  }

  static func delivery(
    _ session: String, _ state: DeliveryState, user: String = "alice", uid: UInt32 = 1000
  ) -> Delivery {
    Delivery(sessionID: session, userName: user, uid: uid, state: state)
  }
}
