import MessengerClient
import MessengerContract

/// `--held`: the messages that are held until their users come, on one machine or several.
struct HeldList {
  /// The machines.
  let machines: MachineOptions
  /// Whether it is printed as JSON.
  let isJSON: Bool
  /// Whether msg may ask for a password.
  let asksPassword: Bool

  private static let header = ["ID", "FROM", "FOR", "UNTIL"]

  /// Prints the list, and returns the exit status.
  func run(in surroundings: Surroundings) -> ExitStatus {
    let services = machines.hosts.map {
      surroundings.service($0, machines.hostTimeout, asksPassword: asksPassword)
    }
    var answers: [Result<[HeldMessage], any Error>?] = services.map { _ in nil }
    let work: @Sendable (any ServiceClient, (Result<[HeldMessage], any Error>) -> Void) -> Void = { service, tell in
      tell(Result { try service.heldMessages() })
    }
    ConcurrentCalls.run(services, work: work) { answers[$0] = $1 }
    return ExitStatus(zip(machines.hosts, answers).map { report($0, $1, to: surroundings) })
  }

  private func report(
    _ host: RemoteHost?, _ answer: Result<[HeldMessage], any Error>?, to surroundings: Surroundings
  ) -> ExitStatus {
    let prefix = host.flatMap { machines.hosts.count > 1 ? "\($0): " : nil } ?? ""
    do {
      let messages = try answer?.get() ?? []
      if isJSON {
        for message in messages {
          surroundings.say(message.json(host: host?.description ?? surroundings.hostName()).line)
        }
        return .success
      }
      guard !messages.isEmpty else {
        surroundings.complain("\(prefix)no message is held")
        return .success
      }
      let now = surroundings.now()
      Self.lines(of: messages, at: now).forEach { surroundings.say(prefix + $0) }
      return .success
    } catch {
      surroundings.complainByName(error is ClientError ? "\(error)" : "\(prefix)\(error)")
      return ExitStatus(error)
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
