import MessengerContract

/// Sends messages through the service `msgd`. Each call has a connection of its own and blocks its thread.
public struct Client: Sendable {
  private let address: String?

  /// How long the service may take to answer a call that doesn't wait for users.
  static let answerTimeout: Duration = .seconds(30)

  /// A client of the service on one bus. Nothing is opened before the first call.
  ///
  /// - Parameter address: a D-Bus address; nil for the system bus, where `DBUS_SYSTEM_BUS_ADDRESS` counts.
  public init(address: String? = nil) {
    self.address = address
  }

  /// Sends a message, and waits for the service's answer: with `options.wait`, for as long as it takes.
  ///
  /// - Parameters:
  ///   - recipients: user names, session names, session ids, or `*`; the service's contract says how each is resolved.
  ///   - body: the text.
  ///   - options: how it is to be shown.
  ///   - onChange: takes each change of one of this message's deliveries that comes before the answer.
  /// - Returns: what became of the message, recipient by recipient.
  /// - Throws: `MessengerError` where the service refuses, ``ClientError`` where it can't be asked or understood.
  public func send(
    to recipients: [String], body: String, options: SendOptions = SendOptions(),
    onChange: (DeliveryChange) -> Void = { _ in }
  ) throws -> Receipt {
    let request = try SendRequest(recipients: recipients, body: body, options: options).message()
    let connection = try BusConnection(address: address)
    do {
      var changes = ChangeFilter(connection: connection)
      let timeout = options.wait ? nil : Self.answerTimeout
      let answer = try connection.call(request, timeout: timeout) { message in
        if let change = try changes.change(in: message) { onChange(change) }
      }
      return try Receipt(from: answer)
    } catch let error as BusError {
      throw error.meaning
    }
  }
}
