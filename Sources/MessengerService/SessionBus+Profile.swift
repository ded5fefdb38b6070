internal import GBus
internal import MessengerContract

/// What is asked of a notification server, or done to it, because of its profile.
extension SessionBus {
  static let getServerInformation = PreparedCall(known: server, "GetServerInformation")

  /// KDE's answer to a popup that is like the one before, less than a second ago.
  private static let tooSimilar = "org.freedesktop.Notifications.Error.ExcessNotificationGeneration"

  /// How long the server may take to tell of itself, without which it is taken for one like any other.
  private static let profilePatience: Duration = .seconds(1)

  /// Calls `Notify`; once more, with something invisible added, where the server finds the popup too much like the last
  /// one.
  ///
  /// - Parameters:
  ///   - content: what it says.
  ///   - calls: makes the call.
  ///   - profile: what is peculiar to the server.
  ///   - deadline: until when the answer is awaited.
  ///   - answered: called with the answer before any signal is taken note of that came after it.
  /// - Returns: the answer.
  /// - Throws: `BusError`.
  func notify(
    _ content: PopupContent, by calls: NotifyCalls, profile: NotificationServerProfile, deadline: Deadline,
    answered: @escaping @MainLoop (Answer) -> Void
  ) async throws -> [Value] {
    func call(_ content: PopupContent) async throws -> [Value] {
      let call = try calls.call(content, capabilities: capabilities, profile: profile)
      return try await connection.call(call, deadline: deadline, answered: answered)
    }
    do {
      return try await call(content)
    } catch BusError.remote(Self.tooSimilar, _) {
      return try await call(StandingTexts.varied(content))
    }
  }

  /// Takes in what kind of server owns the name now.
  func learnProfile(_ information: Connection.Question, deadline: Deadline) async {
    let answer = try? await information.answer(by: min(deadline, .after(Self.profilePatience)))
    let texts = (answer ?? []).compactMap(\.string)
    if texts.count == 4 { profile = .of(server: texts[0], vendor: texts[1]) }
  }

  /// Asks whether the server shows a popup that it took, and tells the popup. A question that isn't answered is no
  /// evidence.
  func askWhetherShown(_ popup: Popup) async {
    guard popup.outcome == nil else { return }
    if let reason = await reasonForHiding(popup) { popup.handle(.keptBack(reason)) }
  }

  private func reasonForHiding(_ popup: Popup) async -> String? {
    guard let profile else { return nil }
    if profile.listsLowUrgency, popup.content.urgency == .low { return "the desktop shows no popups of low urgency" }
    if profile.quiet == .replacing { return await replaces(popup) ? nil : Self.quiet }
    return await reasonForKeepingBack(popup.content)
  }

  /// Why the server would take a popup and not show it, by its settings.
  func reasonForKeepingBack(_ content: PopupContent, deadline: Deadline = .never) async -> String? {
    if case .setting(_, showsCritical: true)? = profile?.quiet, content.urgency == .critical { return nil }
    return await isQuiet(deadline: deadline) ? Self.quiet : nil
  }

  /// Whether the server says that it is set to "do not disturb".
  func isQuiet(deadline: Deadline) async -> Bool {
    guard case .setting(let setting, _)? = profile?.quiet else { return false }
    return await read(setting, deadline: min(deadline, .after(Self.profilePatience))) == .boolean(true)
  }

  static let quiet = "the desktop is set to do not disturb"

  /// Takes a popup off the screen, where closing it is not enough.
  func hide(_ popup: Popup) {
    guard let profile, profile.leavesClosedPopups else { return }
    connection.post(
      Self.server, "Notify",
      popup.content.notifyArguments(capabilities: [], profile: profile, replacing: popup.id, for: .milliseconds(1))
    )
  }

  /// Raises a popup once more in its own place, which gives it its time again.
  func renew(_ popup: Popup) {
    MainLoop.task {
      _ = await self.raiseAgain(popup)
      // It has been closed meanwhile, and this has raised it again.
      if popup.outcome != nil { self.post(closing: popup.id) }
    }
  }

  private func read(_ setting: DesktopSetting, deadline: Deadline) async -> Value? {
    let remote = Remote(destination: setting.destination, path: setting.path, interface: setting.interface)
    let answer = try? await connection.call(
      remote, setting.method, setting.arguments.map(Value.string),
      deadline: deadline)
    if case .variant(let value)? = answer?.first { return value }
    return answer?.first
  }

  /// Raises the popup once more in its own place. Where there is none, a server that shows it after all takes another:
  /// that one is closed.
  private func replaces(_ popup: Popup) async -> Bool {
    guard let id = await raiseAgain(popup), id != popup.id else { return true }
    post(closing: id)
    return false
  }

  /// - Returns: the id that the server gave; `nil` without an answer.
  private func raiseAgain(_ popup: Popup) async -> UInt32? {
    let arguments = popup.content.notifyArguments(
      capabilities: capabilities, profile: profile ?? .standard, replacing: popup.id)
    let answer = try? await connection.call(
      Self.server, "Notify", arguments, deadline: .after(Self.profilePatience))
    return answer?.first?.uint32
  }
}
