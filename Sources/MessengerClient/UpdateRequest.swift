import MessengerContract

/// An `Update` call before it is on the bus.
struct UpdateRequest {
  let id: UInt64
  let body: String
  let options: SendOptions

  /// The call as a message.
  ///
  /// - Throws: ``MessengerError`` for text that D-Bus can't carry.
  func message() throws -> BusMessage {
    try SendRequest.check([("message", body)], options)
    let message = try BusMessage(.update, id: id)
    try message.write { writer in
      try writer.string(body)
      try writer.array(of: "{sv}") { try $0.fields(options) }
    }
    return message
  }
}
