internal import GBus
internal import MessengerContract

/// Messages that were put off: their return, also after another start of the service.
extension MessageCenter {
  /// Reads the messages that were put off and not shown again before the service ended. Their senders may ask about
  /// them, change and withdraw them as before. Where the session has ended meanwhile, the delivery is `session-closed`.
  func restore() async {
    await restoreHeld()
    await restore(await deferrals.read { [weak self] in await self?.restore($0) })
  }

  private func restore(_ messages: [KeptMessage]) async {
    // If the disk answers late, and the clock was set back meanwhile, another message may have got the id.
    let known = await sendersWhoAreTheSame(in: messages)
    for kept in messages where store[kept.id] == nil {
      let message = kept.message(at: deferrals.wallClock.milliseconds(), isKnown: known.contains(kept.sender))
      store.add(message) { [weak self] in self?.changed($0, $1) }
      deferrals.take(kept, as: message)
    }
    if let last = deferrals.lastID { store.reserve(last) }
    // Without an answer of logind's nobody knows whose sessions have ended. It is asked again at the return.
    guard (try? await addresses.directory.becomeCurrent()) != nil else { return }
    let sessions = await addresses.directory.sessions()
    for message in store.all {
      for id in message.deferredSessions where !sessions.contains(where: { deferrals.isSame($0, as: id, of: message) })
      {
        message.sessionEnded(id)
      }
    }
  }

  /// Returns the uids of senders who still have the names that their messages say.
  func sendersWhoAreTheSame(in messages: [KeptMessage]) async -> Set<UInt32> {
    let senders = Set(messages.map(\.sender))
    let names = await addresses.names(of: senders)
    let changed = messages.filter { message in
      names[message.sender].map { SenderName($0, uid: message.sender).text }
        != message.content.relay ?? message.content.sender
    }
    return senders.subtracting(changed.map(\.sender))
  }

  /// Withdraws a message. Returns when that is on the disk, too, if the message was kept there.
  ///
  /// - Throws: what ``message(_:for:)`` throws.
  func withdraw(_ id: UInt64, by caller: Caller) async throws {
    let message = try await message(id, for: caller)
    let entries = held.entries(of: id)
    message.withdraw()
    await deferrals.flush(message)
    await held.flush(entries)
  }

  /// Shows a message again in some sessions, for its whole time. Who takes no messages by now doesn't get it.
  ///
  /// - Returns: whether that has begun; false if logind can't be asked, and it is to be tried again.
  func comeBack(_ message: Message, at ids: Set<String>) async -> Bool {
    guard (try? await addresses.directory.becomeCurrent()) != nil else { return false }
    let ignoresMutes = await ignoresMutes(message.sender)
    let sessions = await addresses.directory.sessions().filter { session in
      ids.contains(session.id) && deferrals.isSame(session, as: session.id, of: message)
    }
    // It may have been withdrawn during the waits above.
    let deferred = ids.intersection(message.deferredSessions)
    for id in deferred.subtracting(sessions.map(\.id)) { message.sessionEnded(id) }
    let targets = sessions.filter { deferred.contains($0.id) }
    guard !isLeaving else { return false }
    for group in Dictionary(grouping: targets, by: \.user.uid).values {
      let user = group[0].user
      guard ignoresMutes || !isMuted(user, for: message.sender) else {
        message.enter(.muted, at: Set(group.map(\.id)))
        continue
      }
      quota.reopen(by: message.sender, onBehalfOf: message.origin, at: user.uid, at: .now)
      message.comeBack(at: Set(group.map(\.id)))
      deliver(message, to: group)
    }
    return true
  }
}
