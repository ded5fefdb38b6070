import MessengerClient
import MessengerContract

/// This machine's service, with calls that may ask for a password. The desktop's agent asks or, at a terminal, an agent
/// that lives as long as the call.
struct TerminalService: ServiceClient {
  private let client: Client

  init() {
    var client = Client()
    client.allowsInteraction = true
    self.client = client
  }

  func send(
    to recipients: [String], body: String, options: SendOptions, onChange: (DeliveryChanges) -> Void
  ) throws -> Receipt {
    try withAgent { try client.send(to: recipients, body: body, options: options, onChange: onChange) }
  }

  func update(_ id: UInt64, body: String, options: SendOptions) throws {
    try withAgent { try client.update(id, body: body, options: options) }
  }

  func deliveries(of id: UInt64) throws -> [Delivery] { try withAgent { try client.deliveries(of: id) } }

  func sessions() throws -> [Session] { try withAgent { try client.sessions() } }

  func withdraw(_ id: UInt64) throws { try withAgent { try client.withdraw(id) } }

  func heldMessages() throws -> [HeldMessage] { try withAgent { try client.heldMessages() } }

  func setMuted(_ isMuted: Bool) throws { try client.setMuted(isMuted) }

  func isMuted() throws -> Bool { try client.isMuted() }

  func properties() throws -> ServiceProperties { try withAgent { try client.properties() } }

  private func withAgent<Answer>(_ call: () throws -> Answer) rethrows -> Answer {
    let agent = TextAgent()
    defer { agent?.end() }
    return try call()
  }
}
