import MessengerClient
import MessengerContract

/// `--held`: the messages that are held until their users come, on one machine or several.
struct HeldList {
  /// The machines.
  let machines: Machines
  /// Whether it is printed as JSON.
  let isJSON: Bool
  /// Whether msg may ask for a password.
  let asksPassword: Bool

  private static let header = ["ID", "FROM", "FOR", "UNTIL"]

  /// Prints the list, and returns the exit status.
  func run(in surroundings: Surroundings) -> ExitStatus {
    machines.ask(in: surroundings, asksPassword: asksPassword) {
      try $0.heldMessages()
    } _: { messages, host, prefix in
      if isJSON {
        let name = host?.description ?? surroundings.hostName()
        for message in messages { surroundings.say(message.json(host: name).line) }
      } else if messages.isEmpty {
        surroundings.complain("\(prefix)no message is held")
      } else {
        for line in Self.lines(of: messages, at: surroundings.now()) { surroundings.say(prefix + line) }
      }
      return .success
    }
  }

  /// The table: a heading, and a line for each message.
  private static func lines(of messages: [HeldMessage], at now: Timestamp) -> [String] {
    let rows =
      [header]
      + messages.map { message in
        [
          "\(message.id)", CharacterPolicy.terminalLine.applied(to: message.sender),
          CharacterPolicy.terminalLine.applied(to: message.recipient),
          Int(exactly: message.until).map { Timestamp(seconds: $0).clock(seenAt: now) } ?? "",
        ]
      }
    let widths = header.indices.map { column in rows.map { TerminalWidth.of($0[column]) }.max() ?? 0 }
    return rows.map { row in
      row.indices.map { column in
        row[column]
          + (column < row.count - 1
            ? String(repeating: " ", count: widths[column] - TerminalWidth.of(row[column]) + 2) : "")
      }.joined()
    }
  }
}

extension HeldMessage {
  /// The message as JSON.
  ///
  /// - Parameter host: the machine's name, as the user wrote it.
  /// - Returns: the line that `--held --json` prints.
  func json(host: String) -> JSONObject {
    JSONObject([
      "host": .text(host), "id": .integer(id), "sender": .text(sender), "uid": .integer(UInt64(senderUID)),
      "recipient": .text(recipient), DeliveryDetail.until.rawValue: .integer(until),
    ])
  }
}
