internal import GBus
internal import MessengerContract

extension SessionBus {
  /// A server that answers `Notify` after its deadline is told to take the popup back, for as long as this.
  private static let lateAnswer: Duration = .seconds(60)

  /// For how many of them at once.
  private static let mostLate = 64

  private static let getCapabilities = PreparedCall(known: server, "GetCapabilities")

  /// Asks who the notification server is, and what it can do, where that isn't known. It is started where none runs
  /// yet.
  ///
  /// - Throws: `Failed`, with the reason; `BusError`.
  func askServer(deadline: Deadline) async throws {
    if owner != nil, let profile, !profile.changesCapabilities { return }
    let information = profile == nil ? connection.ask(Self.getServerInformation) : nil
    let answer = try await explained {
      try await connection.call(Self.getCapabilities, deadline: deadline) { answer in
        // Noted before the bus tells of another one. What the bus told since is newer.
        self.owner = self.owner ?? answer.sender
      }
    }
    capabilities = Set(answer.first?.strings ?? [])
    if let information { await learnProfile(information, deadline: deadline) }
  }

  /// Raises a popup, after ``askServer(deadline:)``.
  ///
  /// - Returns: the popup, which the server took; it may have ended already.
  /// - Throws: `Failed`, with the reason; `BusError`.
  func show(_ content: PopupContent, by calls: NotifyCalls = NotifyCalls(), settling: Duration, deadline: Deadline)
    async throws -> Popup
  {
    let profile = profile ?? .standard
    let asked = owner
    if profile.keepsWhatIsClosed, let reason = await reasonForKeepingBack(content, deadline: deadline) {
      return Popup(keptBack: content, reason: reason, bus: self)
    }
    let content = texts.enter(content.abridged(for: profile, capabilities: capabilities))
    popups.expect()
    let question = notify(content, by: calls, profile)
    do {
      let popup = try await take(question, content, settling: settling, asked: asked, deadline: deadline)
      settle()
      return popup
    } catch BusError.timedOut {
      texts.leave(content)
      takeBack(question)
      throw await silence()
    } catch {
      texts.leave(content)
      settle()
      throw error
    }
  }

  /// Waits for the id of a popup, and enters the popup under it.
  private func take(
    _ question: Task<UInt32, any Error>, _ content: PopupContent, settling: Duration, asked: String?, deadline: Deadline
  ) async throws -> Popup {
    let beginning = Deadline.now
    let id = try await question.value(by: deadline)
    let popup = Popup(
      id: id, content: content, profile: profile ?? .standard, settling: settling, delay: .now - beginning, bus: self)
    guard popup.outcome == nil else {
      forget(popup)
      return popup
    }
    guard popups.add(popup) else {
      throw MessengerError(.failed, "the notification server gave the popup an id that another one has")
    }
    // Both may have happened while the answer was on its way here, when there was no popup yet to tell.
    if connection.ending != nil { ended() } else if owner != asked { popup.handle(.serverLeft) }
    return popup
  }

  /// Whether a notification server runs, rather than one that would have to be started.
  ///
  /// - Throws: `BusError`.
  func hasServer(deadline: Deadline) async throws -> Bool {
    guard owner == nil else { return true }
    do {
      let name = [Value.string(Self.server.destination)]
      _ = try await connection.call(.bus, "GetNameOwner", name, deadline: deadline) { answer in
        self.owner = self.owner ?? answer.arguments.first?.string
      }
      return true
    } catch BusError.remote {
      return false
    }
  }

  /// Calls `Notify`, whose answer is awaited for longer than it counts.
  private func notify(_ content: PopupContent, by calls: NotifyCalls, _ profile: NotificationServerProfile) -> Task<
    UInt32, any Error
  > {
    MainLoop.task {
      let answer = try await self.explained {
        // Noted before any signal is that came after it: what the user answers counts from here on.
        try await self.notify(content, by: calls, profile: profile, deadline: .after(Self.lateAnswer)) { answer in
          if let id = answer.arguments.first?.uint32 { self.popups.give(id) }
        }
      }
      guard let id = answer.first?.uint32 else {
        throw MessengerError(.failed, "the notification server answered Notify without an id")
      }
      return id
    }
  }

  /// Closes the popup that an answer tells of which comes too late to count.
  private func takeBack(_ question: Task<UInt32, any Error>) {
    if late >= Self.mostLate { question.cancel() }
    late += 1
    MainLoop.task {
      if let id = try? await question.value { self.post(closing: id) }
      self.late -= 1
      self.settle()
    }
  }

  /// Why nobody answers. Nobody does for a server that is to be started and does not come.
  private func silence() async -> MessengerError {
    if connection.isFlooded { return MessengerError(.failed, "the session bus sends too much") }
    guard (try? await hasServer(deadline: .after(Self.silencePatience))) == false else {
      return MessengerError(.failed, "the notification server does not answer")
    }
    return MessengerError(.failed, "\(Self.absence), and the one that is to be started does not come up")
  }

  /// How long the bus may take to say whether there is a server that doesn't answer.
  private static let silencePatience: Duration = .milliseconds(200)

  /// Makes a call, whose errors become what a sender is told.
  private func explained(_ call: @MainLoop () async throws -> [Value]) async throws -> [Value] {
    do {
      return try await call()
    } catch BusError.timedOut {
      throw await silence()
    } catch BusError.closed {
      throw MessengerError(.failed, "the session bus closed the connection")
    } catch BusError.ended(let act) {
      throw MessengerError(.failed, "the session bus \(Quotation(act))")
    } catch BusError.remote(let name, let message) {
      throw MessengerError(.failed, Self.reason(name, Quotation(message)))
    }
  }

  private static let absence = "there is no notification server on the desktop"

  private static func reason(_ name: String, _ message: Quotation) -> String {
    switch name {
    case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner":
      absence
    case "org.freedesktop.DBus.Error.NoReply": "the notification server left without an answer"
    case _ where name.hasPrefix("org.freedesktop.DBus.Error.Spawn."), "org.freedesktop.DBus.Error.TimedOut":
      "\(absence), and none could be started: \(message)"
    default: "the notification server refused: \(message)"
    }
  }
}
