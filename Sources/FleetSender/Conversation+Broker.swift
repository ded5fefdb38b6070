internal import FleetConfiguration
internal import FleetContract
internal import MQTT
internal import MessengerContract
internal import Platform

/// What the broker says.
extension Conversation {
  /// How long reading the presence of all machines may take.
  private static let echoTimeout: Duration = .seconds(10)

  /// Takes what has happened on the connection.
  func handle(_ event: BrokerEvent, _ state: inout State) {
    switch event {
    case .connected(let hasSession): connected(hasSession, &state)
    case .refused(let reason): lost(reason, isRefusal: true, &state)
    case .disconnected(let reason): lost(reason, isRefusal: false, &state)
    case .subscribed(_, let reasons): subscribed(reasons, &state)
    case .published(let number, let reason): published(number, reason, &state)
    case .message(let message): read(message, &state)
    }
  }

  private func connected(_ hasSession: Bool, _ state: inout State) {
    state.isConnected = true
    state.isDisconnected = false
    guard !state.isSubscribed || !hasSession else { return }
    if state.isSubscribed {
      (state.isSubscribed, state.hasLostReceipts) = (false, state.roster.isPublished && request.waits)
    }
    let presence = request.machine.map { Topic.presence($0).path } ?? Topic.allPresence
    attempt(&state) { (connection) throws(BrokerError) in
      try connection.subscribe(to: [Topic.receipts(of: message.id, to: sender.name), presence], .atLeastOnce)
    }
  }

  private func lost(_ reason: Reason, isRefusal: Bool, _ state: inout State) {
    guard !state.roster.isPublished else {
      if state.isConnected {
        lines.note("\(sender.brokerName) can't be reached at the moment (\(reason)): trying again")
      }
      state.isConnected = false
      return
    }
    let isDenial = [0x84, 0x85, 0x86, Reason.notAuthorized, 0x8A, 0x8C].contains(reason.code)
    let isOwn = Self.ownFaults.contains(where: reason.description.contains)
    if isOwn, let certificate = sender.broker.certificate, let key = sender.broker.key {
      let text = "\(certificate) and \(key) are no certificate and its key: \(reason)"
      return fail(.invalidArgument, "\(sender.settings.place): \(text)", &state)
    }
    fail(
      isDenial ? .notAuthorized : .unavailable,
      isRefusal || isDenial
        ? "\(sender.brokerName) refuses \(sender.name): \(reason)"
        : "\(sender.brokerName) can't be reached: \(reason)", &state)
  }

  /// What OpenSSL says of files that it can't use.
  private static let ownFaults = [
    "key values mismatch", "PEM lib", "no start line", "bad base64 decode", "bad decrypt",
  ]

  private func subscribed(_ reasons: [Reason], _ state: inout State) {
    if let refusal = reasons.first(where: { !$0.isSuccess }) {
      return fail(
        refusal.code == Reason.notAuthorized ? .notAuthorized : .unavailable,
        "\(sender.brokerName) doesn't let \(sender.name) read receipts and presence: \(refusal)", &state)
    }
    state.isSubscribed = true
    state.connectDeadline = .never
    if !state.roster.isComplete {
      state.echoDeadline = .now + Self.echoTimeout
      state.echoNumber = attempt(&state) { (connection) throws(BrokerError) in
        try connection.publish(Publication(topic: echoPath, payload: Array("echo".utf8), expiry: 60))
      }
    }
    publish(&state)
  }

  /// What the sender writes to itself, behind the subscription.
  private var echoPath: String { Topic.receipt(sender: sender.name, id: message.id, machine: sender.name).path }

  /// Publishes the message, once it is signed and its receipts are subscribed to.
  func publish(_ state: inout State) {
    guard !state.isOver, state.isSubscribed, state.messageNumber == nil, let publication = state.publication else {
      return
    }
    state.messageNumber = attempt(&state) { (connection) throws(BrokerError) in
      try connection.publish(publication)
    }
  }

  private func published(_ number: Int32, _ reason: Reason, _ state: inout State) {
    if number == state.echoNumber, !reason.isSuccess {
      fail(
        reason.code == Reason.notAuthorized ? .notAuthorized : .unavailable,
        "\(sender.brokerName) doesn't let \(sender.name) write \(echoPath): \(reason)", &state)
    }
    guard number == state.messageNumber, !state.isOver else { return }
    let aim = request.machine.map { "\($0)" } ?? "fleet \(sender.fleet)"
    guard reason.isSuccess else {
      return fail(
        reason.code == Reason.notAuthorized ? .notAuthorized : .unavailable,
        "\(sender.brokerName) doesn't let \(sender.name) write to \(aim): \(reason)", &state)
    }
    guard reason.code != Reason.noSubscribers else {
      return failForNobody(&state)
    }
    let life = state.publication?.expiry.map { Duration.seconds(Int64($0)) } ?? .zero
    state.roster.publish(at: .now, life: life, stay: request.stay)
    lines.sent(message.id, expires: message.expires)
  }

  /// Asks the broker for something, and returns the number of the answer. Nil if that failed.
  @discardableResult
  func attempt(
    _ state: inout State, _ body: (BrokerConnection) throws(BrokerError) -> Int32
  ) -> Int32? {
    guard let connection = state.connection else { return nil }
    do throws(BrokerError) { return try body(connection) } catch {
      fail(.unavailable, "\(sender.brokerName): \(error)", &state)
      return nil
    }
  }

  // MARK: Messages

  private func read(_ message: IncomingMessage, _ state: inout State) {
    switch Topic(path: message.topic) {
    case .presence(let machine)?:
      if message.payload.isEmpty {
        state.roster.note(nil, of: machine)
      } else if let presence = Presence(payload: message.payload) {
        state.roster.note(presence, of: machine)
      }
    case .receipt(sender.name, self.message.id, sender.name)?:
      state.roster.complete()
      state.echoDeadline = .never
      tellTotals(&state)
    case .receipt(sender.name, self.message.id, let machine)?:
      // Reading takes long, and a machine may send without end.
      guard state.roster.heeds(machine), let head = ReceiptHead(message.payload, of: self.message.id) else { return }
      let verdict = state.roster.note(
        stage: head.stage, number: head.number, isFinal: head.isFinal, of: machine, at: .now)
      switch verdict {
      case .pass: lines.receipt(message.payload, of: machine)
      case .flood: lines.flood(machine)
      case .ignore: break
      }
    default: break
    }
  }
}
