internal import FleetContract
internal import GBus
internal import Logging
internal import MessengerContract
internal import MessengerProxy

/// What senders ask of a machine.
extension Dispatcher {
  /// How long msgd may take until the sender hears that the message is here.
  private static let receivedDelay: Duration = .milliseconds(200)

  /// Does what a message asks, and tells its sender.
  func act(on message: FleetMessage, _ conversation: Conversation) async {
    if let refusal = admission.refusal(of: message, at: surroundings.now()) ?? refusalAsForgotten(conversation) {
      logger.notice("the message \(conversation.key) is refused: \(refusal)")
      return conversation.tell(.init(stage: .refused, error: refusal, isFinal: true))
    }
    switch message.request {
    case .send(let recipients, let body, let options):
      var options = options.delivered(of: message, at: surroundings.now())
      options.origin = "\(message.sender)@\(message.fleet)"
      await send(DesktopMessage(recipients: recipients, body: body, options: options), conversation)
    case .withdraw(let id): await withdraw(MessageKey(id: id, sender: message.sender), message.fleet, conversation)
    case .status(let id): await tellStatus(of: MessageKey(id: id, sender: message.sender), message.fleet, conversation)
    case .sessions: await listSessions(conversation)
    }
  }

  private func refusalAsForgotten(_ conversation: Conversation) -> MessengerError? {
    guard inbox.mayHaveForgotten(conversation.record) else { return nil }
    return MessengerError(
      .failed,
      "\(surroundings.machine) may have shown it already: it was sent before messages that are forgotten there, "
        + "because they are over; is a clock wrong?")
  }

  private func send(_ message: DesktopMessage, _ conversation: Conversation) async {
    if withdrawn[conversation.key]?.fleet == conversation.record.fleet {
      return conversation.tell(
        .init(stage: .done, deliveries: message.recipients.map(Delivery.init(unseenBy:)), isFinal: true))
    }
    do { try await conversation.note(.sending) } catch {
      return conversation.tell(
        .init(stage: .refused, error: MessengerError(.failed, "it can't be kept: \(error)"), isFinal: true))
    }
    underWay += 1
    MainLoop.task {
      await self.call(message, conversation)
      self.underWay -= 1
      self.work()
    }
  }

  private func call(_ message: DesktopMessage, _ conversation: Conversation) async {
    let timer = Timer(at: .after(Self.receivedDelay)) { conversation.tell(.init(stage: .received)) }
    defer { timer.cancel() }
    do {
      let (id, _) = try await service.send(message) { id, deliveries in
        conversation.deliveries = KnownDeliveries(deliveries)
        self.known[id] = conversation.key
      }
      try? await conversation.note(.sent, serviceID: id)
      logger.info("the message \(conversation.key) is msgd's \(id)")
      if conversation.isWithdrawn { try? await service.withdraw(id) }
      conversation.tellDeliveries()
    } catch {
      let failure = SendFailure(error)
      logger.notice("the message \(conversation.key) was not sent: \(failure.error)")
      conversation.tell(.init(stage: failure.stage, error: failure.error, isFinal: true))
    }
  }

  private func withdraw(_ key: MessageKey, _ fleet: FleetName, _ request: Conversation) async {
    withdrawn[key] = (request.key, fleet)
    do {
      try await takeBack(key, fleet)
      request.tell(.init(stage: .done, isFinal: true))
    } catch {
      request.tell(.init(stage: .refused, error: SendFailure(error).error, isFinal: true))
    }
  }

  /// Takes a message back, wherever it is. One that has yet to be looked at is not shown then.
  ///
  /// - Throws: a `MessengerError` if there is nothing to take back, or nobody knows how to.
  private func takeBack(_ key: MessageKey, _ fleet: FleetName) async throws {
    if let conversation = conversations[key], conversation.record.fleet == fleet, !conversation.isOver {
      conversation.isWithdrawn = true
      if let id = conversation.record.serviceID { try await service.withdraw(id) }
      return
    }
    let record = try await record(of: key, fleet)
    guard record.stage != .stored else { return }
    if record.receipt?.stage == .unknown {
      throw MessengerError(.failed, "nobody knows whether it is shown: msgd or msg-relay ended meanwhile")
    }
    throw MessengerError(.noSuchMessage, "the message \(key.id) has ended on \(surroundings.machine)")
  }

  /// What the disk says of a message of a fleet.
  ///
  /// - Throws: `NoSuchMessage`.
  private func record(of key: MessageKey, _ fleet: FleetName) async throws -> MessageRecord {
    let folder = surroundings.folder
    var record = conversations[key]?.record
    if record == nil, inbox.knows(key) {
      record = try? await MainLoop.blocking(deadline: .never) { try folder.record(of: key) }
    }
    guard let record, record.fleet == fleet else {
      throw MessengerError(.noSuchMessage, "\(surroundings.machine) doesn't know the message \(key.id)")
    }
    return record
  }

  /// Tells the sender of a message again what became of it, with the message's own last receipt: the broker may have
  /// lost that. The answer to the question says the same.
  private func tellStatus(of key: MessageKey, _ fleet: FleetName, _ request: Conversation) async {
    do {
      let record = try await record(of: key, fleet)
      Conversation.publish(record, surroundings)
      let receipt = record.receipt
      request.tell(
        .init(
          stage: receipt?.stage ?? .received, deliveries: receipt?.deliveries ?? [], error: receipt?.error,
          isFinal: true))
    } catch {
      request.tell(.init(stage: .refused, error: SendFailure(error).error, isFinal: true))
    }
  }

  private func listSessions(_ request: Conversation) async {
    do {
      request.tell(.init(stage: .done, sessions: try await service.sessions(), isFinal: true))
    } catch {
      request.tell(.init(stage: .refused, error: SendFailure(error).error, isFinal: true))
    }
  }
}

extension Delivery {
  /// That a recipient never saw a message, because it was withdrawn before.
  fileprivate init(unseenBy recipient: String) {
    self.init(sessionID: "", userName: recipient, uid: Messenger.noUID, state: .withdrawn)
  }
}
