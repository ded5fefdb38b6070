import MessengerClient
import MessengerContract

/// Calls a service again if it refuses. The second call may ask for a password.
///
/// Most calls need no password, and shouldn't wait for the start of an agent that could ask for one.
struct PasswordRetry: ServiceClient {
  let first: any ServiceClient
  let second: any ServiceClient

  func send(
    to recipients: [String], body: String, options: SendOptions, onChange: (DeliveryChanges) -> Void
  ) throws -> Receipt {
    try ask { try $0.send(to: recipients, body: body, options: options, onChange: onChange) }
  }

  func update(_ id: UInt64, body: String, options: SendOptions) throws {
    // Nobody may change others' messages, whatever the password.
    try ask(after: [.notAuthorized]) { try $0.update(id, body: body, options: options) }
  }

  func deliveries(of id: UInt64) throws -> [Delivery] { try first.deliveries(of: id) }

  func sessions() throws -> [Session] { try first.sessions() }

  func withdraw(_ id: UInt64) throws { try ask { try $0.withdraw(id) } }

  func heldMessages() throws -> [HeldMessage] { try ask { try $0.heldMessages() } }

  func setMuted(_ isMuted: Bool) throws { try first.setMuted(isMuted) }

  func isMuted() throws -> Bool { try first.isMuted() }

  func properties() throws -> ServiceProperties { try first.properties() }

  /// The service answers an unauthorized caller alike for another user's message and for none: both are tried again.
  private func ask<Answer>(
    after refusals: [MessengerErrorCode] = [.notAuthorized, .noSuchMessage],
    _ call: (any ServiceClient) throws -> Answer
  ) throws -> Answer {
    do {
      return try call(first)
    } catch let error as MessengerError where refusals.contains(error.code) {
      return try call(second)
    }
  }
}

extension Surroundings {
  /// The service of a machine. With `asksPassword`, this machine's service asks for a password if a call needs one.
  func service(_ host: RemoteHost?, _ connectTimeout: Duration, asksPassword: Bool) -> any ServiceClient {
    let service = service(host, connectTimeout)
    guard host == nil, asksPassword, let passwordService else { return service }
    return PasswordRetry(first: service, second: passwordService)
  }
}
