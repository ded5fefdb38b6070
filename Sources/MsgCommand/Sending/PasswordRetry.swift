import MessengerClient
import MessengerContract

/// A service that is asked once more where it refuses, the second time in a way that may take a password.
///
/// Most calls need none, and are not to wait for the start of an agent that could ask for one.
struct PasswordRetry: ServiceClient {
  let first: any ServiceClient
  let second: any ServiceClient

  func send(
    to recipients: [String], body: String, options: SendOptions, onChange: (DeliveryChange) -> Void
  ) throws -> Receipt {
    try ask { try $0.send(to: recipients, body: body, options: options, onChange: onChange) }
  }

  func sessions() throws -> [Session] { try first.sessions() }

  func withdraw(_ id: UInt64) throws { try ask { try $0.withdraw(id) } }

  func setMuted(_ isMuted: Bool) throws { try first.setMuted(isMuted) }

  func isMuted() throws -> Bool { try first.isMuted() }

  func properties() throws -> ServiceProperties { try first.properties() }

  /// Another's message and none at all are the same to whom it is refused.
  private func ask<Answer>(_ call: (any ServiceClient) throws -> Answer) throws -> Answer {
    do {
      return try call(first)
    } catch let error as MessengerError where [.notAuthorized, .noSuchMessage].contains(error.code) {
      return try call(second)
    }
  }
}

extension Surroundings {
  /// The service of a machine, which asks for a password where this one's needs one and that is wanted.
  func service(_ host: RemoteHost?, _ connectTimeout: Duration, asksPassword: Bool) -> any ServiceClient {
    let service = service(host, connectTimeout)
    guard host == nil, asksPassword, let passwordService else { return service }
    return PasswordRetry(first: service, second: passwordService)
  }
}
