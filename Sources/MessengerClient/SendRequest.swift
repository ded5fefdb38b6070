import MessengerContract

/// A `Send` call before it is on the bus.
struct SendRequest {
  let recipients: [String]
  let body: String
  let options: SendOptions

  /// More text than this, in bytes of UTF-8, is not even offered to the service: the bus cuts off who sends far more.
  static let maximumSize = 1 << 20

  /// The call as a message.
  ///
  /// - Throws: ``MessengerError`` for text that D-Bus can't carry.
  func message() throws -> BusMessage {
    try Self.check(recipients.map { ("recipient", $0) } + [("message", body)], options)
    let message = try BusMessage(.send)
    try message.write { writer in
      try writer.array(of: "s") { array in
        for recipient in recipients { try array.string(recipient) }
      }
      try writer.string(body)
      try writer.array(of: "{sv}") { try $0.fields(options) }
    }
    return message
  }

  /// Checks the texts of a call, each with its name.
  ///
  /// - Throws: ``MessengerError`` for text that D-Bus can't carry.
  static func check(_ texts: [(name: String, text: String)], _ options: SendOptions) throws {
    var texts = texts
    for (option, value) in options.fields {
      switch value {
      case .string(let text): texts.append((option.rawValue, text))
      case .replies(let replies):
        for reply in replies { texts += [("reply's key", reply.key), ("reply's label", reply.label)] }
      case .strings(let choices): texts += choices.map { ("choice", $0) }
      case .uint32, .uint32s, .uint64, .double, .boolean: break
      }
    }
    var size = 0
    for (name, text) in texts {
      if let position = text.utf8.enumerated().first(where: { $0.element == 0 })?.offset {
        throw MessengerError(.invalidArgument, "the \(name) contains a null character (byte \(position + 1))")
      }
      size += text.utf8.count
    }
    guard size <= maximumSize else {
      throw MessengerError(.limitExceeded, "the message is longer than \(maximumSize) bytes")
    }
  }
}
