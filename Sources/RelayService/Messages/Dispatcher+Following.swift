internal import FleetContract
internal import GBus
internal import Logging
internal import MessengerContract
internal import MessengerProxy

/// What becomes of messages.
extension Dispatcher {
  /// How often msgd is asked about messages of which it tells somebody else.
  private static let pollDelay: Duration = .seconds(5)

  /// Notes what msgd tells of a message.
  func note(_ changes: [Delivery], of id: UInt64) {
    guard let key = known[id], let conversation = conversations[key] else { return }
    conversation.deliveries.note(changes)
    IdleMemory.releaseWhenQuiet()
    if conversation.record.stage == .sent { conversation.tellDeliveries() }
  }

  /// msgd has left. It has told what became of its popups before; if it was killed, nobody knows. It keeps what it
  /// holds, and what users have put off, and tells nobody of it.
  func serviceLeft() {
    for conversation in conversations.values where conversation.record.stage == .sent && !conversation.isOver {
      conversation.isInherited = true
    }
    pollIfNeeded(after: .zero)
  }

  /// Asks msgd about messages of which it tells somebody else, for as long as there are any.
  func pollIfNeeded(after delay: Duration) {
    poll?.cancel()
    guard conversations.values.contains(where: { $0.isInherited && !$0.isOver }) else { return }
    poll = Timer(at: .after(delay)) { [weak self] in
      MainLoop.task { await self?.pollAll() }
    }
  }

  private func pollAll() async {
    for conversation in conversations.values where conversation.isInherited && !conversation.isOver {
      await ask(conversation)
    }
    pollIfNeeded(after: Self.pollDelay)
  }

  private func ask(_ conversation: Conversation) async {
    guard let id = conversation.record.serviceID else { return }
    do {
      let deliveries = KnownDeliveries(try await service.deliveries(of: id))
      guard deliveries != conversation.deliveries || deliveries.isFinal else { return }
      conversation.deliveries = deliveries
      conversation.tellDeliveries()
    } catch let error as MessengerError where error.code == .noSuchMessage {
      conversation.tell(
        .init(
          stage: .unknown, deliveries: conversation.deliveries.all,
          error: MessengerError(.failed, "msgd or msg-relay ended while the message was shown"), isFinal: true))
    } catch {
      logger.warning("msgd says nothing of the message \(conversation.key): \(error)")
    }
  }
}
