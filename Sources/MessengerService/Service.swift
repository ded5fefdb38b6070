public import GBus
public import Logging
internal import MessengerContract

/// The service msgd, from its start on the system bus to its end.
@MainLoop
public final class Service {
  private let connection: Connection
  private let center: MessageCenter
  private let directory: SessionDirectory
  private let mutes: MuteList
  private let polkit: Polkit
  private let activity: IdleMonitor
  private let journal: MessageJournal
  private let settings: Settings
  private let logger: Logger
  private var isEnding = false
  /// Whether the service left to make way for a new one, although messages are put off or held: somebody must start
  /// that one.
  public private(set) var leavesMessages = false
  /// Whether the service leaves even if ended messages are still remembered.
  private var isRetiring = false
  /// Called once, when the service has ended, with whether it ended as intended.
  private let onEnd: @MainLoop (Bool) -> Void

  private init(
    connection: Connection, settings: Settings, notes: String?, wallClock: WallClock, logger: Logger,
    onEnd: @escaping @MainLoop (Bool) -> Void
  ) {
    self.connection = connection
    self.settings = settings
    self.logger = logger
    self.onEnd = onEnd
    directory = SessionDirectory(connection: connection, timeout: settings.systemTimeout, logger: logger)
    polkit = Polkit(
      connection: connection, timeout: settings.systemTimeout, dialogueTimeout: settings.dialogueTimeout)
    let users = UserDatabase(timeout: settings.systemTimeout)
    mutes = MuteList(folder: MuteFolder(path: settings.stateFolder + "/muted"), timeout: settings.systemTimeout) {
      await users.name(uid: $0)
    }
    journal = MessageJournal(
      logger: logger, units: UnitDirectory(connection: connection, timeout: settings.journalTimeout))
    let deferrals = Deferrals(
      folder: MessageFolder(path: settings.stateFolder + "/deferred"), sessions: directory.sessions,
      wallClock: wallClock, settings: settings, logger: logger)
    let held = HeldMessages(
      folder: HeldFolder(path: settings.stateFolder + "/held"), wallClock: wallClock, settings: settings, logger: logger
    )
    let programs = EnvironmentReader(helper: ConnectHelper(at: settings.helperSocket ?? ConnectHelper.standardSocket))
    center = MessageCenter(
      addresses: AddressBook(directory: directory, users: users, programs: programs),
      authorizer: Authorizer { [polkit] in await polkit.check($0, for: $1, details: $2) }, mutes: mutes,
      ledger: PopupLedger(folder: notes, logger: logger), journal: journal,
      deferrals: deferrals, held: held,
      reporter: ChangeReporter(connection: connection, timeout: settings.systemTimeout, logger: logger),
      wallClock: wallClock, settings: settings)
    activity = IdleMonitor(timeout: settings.idleTimeout)
  }

  /// Starts the service on the system bus.
  ///
  /// - Parameters:
  ///   - settings: the service's settings.
  ///   - notes: the folder for notes of open popups, which a later msgd reads after a crash; `nil` for none.
  ///   - wallClock: the time of day.
  ///   - logger: receives the service's log.
  ///   - onEnd: called once, when the service has ended, with `false` if it lost the bus or its name.
  /// - Returns: the service, which answers calls from now on.
  /// - Throws: `BusError` if the bus can't be reached; `MessengerError` if the name is taken.
  public static func start(
    settings: Settings, notes: String?, wallClock: WallClock, logger: Logger,
    onEnd: @escaping @MainLoop (Bool) -> Void
  ) async throws -> Service {
    let connection = try await Connection.system(deadline: .after(settings.systemTimeout))
    let service = Service(
      connection: connection, settings: settings, notes: notes, wallClock: wallClock, logger: logger, onEnd: onEnd)
    try await service.appear()
    return service
  }

  /// Closes every popup, answers every waiting call, leaves the bus, and ends. Messages that arrive meanwhile are
  /// refused. Once the name is released, the next call starts another msgd. Earlier calls are still answered by this
  /// one.
  public func end() async {
    guard !isEnding else { return }
    isEnding = true
    center.isLeaving = true
    polkit.end()
    await center.end()
    // The senders who waited for those popups get their answers.
    await activity.quiet()
    let deadline = Deadline.after(settings.systemTimeout)
    try? await connection.releaseName(Messenger.busName, deadline: deadline)
    try? await connection.answered(by: deadline)
    await connection.flush()
    connection.close()
    onEnd(true)
  }

  /// Leaves as soon as no message is open any more, even if some are remembered, put off or held. The next call
  /// starts another msgd, which has the settings and the version of that time. If some are put off or held, systemd
  /// does.
  public func retire() {
    isRetiring = true
    activity.hurry(Self.retirementDelay)
  }

  /// How long the retiring service has nothing to do before it leaves.
  private static let retirementDelay: Duration = .seconds(1)
  /// How long it may still be asked for the fate of an ended message that was sent on somebody's behalf: msg-relay does
  /// so every five seconds, if it has been started again meanwhile.
  private static let farewell: Duration = .seconds(6)

  private var isDone: Bool {
    guard isRetiring else { return center.isEmpty }
    return center.isQuiet && center.lastEndOnBehalf.map { .now - $0 > Self.farewell } ?? true
  }

  private func appear() async throws {
    connection.onClosed = { [weak self] in self?.lostBus() }
    center.onChange = { [weak self] in self?.centerChanged() }
    activity.onIdle = { [weak self] in self?.idle() }
    await directory.start()
    await readMutes()
    let callers = CallerRegistry { [connection, settings] in
      try await Caller.identify($0, on: connection, deadline: .after(settings.systemTimeout))
    }
    let interface = MessengerInterface(
      center: center, mutes: mutes, callers: callers, activity: activity, settings: settings, journal: journal)
    connection.rules = interface.rules
    try connection.export(interface.exported, at: Messenger.objectPath)
    let naming = MainLoop.task { [connection, settings] in
      try await connection.requestName(Messenger.busName, deadline: .after(settings.systemTimeout))
    }
    // The files of an earlier msgd belong to whoever has the name. They are read before the first call is answered.
    let restoration = SharedTask {
      if (try? await naming.value) == true { await self.center.restore() }
    }
    center.restoration = restoration
    guard try await naming.value else {
      throw MessengerError(.failed, "the name \(Messenger.busName) is taken: another msgd runs")
    }
    activity.restart()
    MallocTrimmer.trimWhenQuiet()
    MainLoop.task { await self.activity.during { await self.resume(after: restoration) } }
  }

  /// Closes what a killed msgd left on desktops. Then shows again what was put off, and what is held.
  private func resume(after restoration: SharedTask<Void>) async {
    _ = try? await restoration.value
    await center.clearUp(logger: logger)
    guard !isEnding else { return }
    center.deferrals.run()
    await center.runHeld()
  }

  /// Restarts the idle time, if the service may be idle now.
  private func centerChanged() {
    if isRetiring || center.isEmpty { activity.restart() }
  }

  private func readMutes() async {
    do { try await mutes.load() } catch { logger.error("\(error): whoever is muted gets messages") }
    // In the background, because the user database may be slow.
    MainLoop.task { [mutes, logger] in
      do { try await mutes.tidy() } catch { logger.warning("\(error): mutes of users who are gone stay there") }
    }
  }

  private func idle() {
    guard !isEnding else { return }
    if isDone {
      MainLoop.task { await self.leave() }
    } else if isRetiring {
      activity.restart()
    }
  }

  /// Leaves if there is nothing left to do. Once released, the name is not requested again, because systemd ends a
  /// service that has lost its name. So calls that are on their way must arrive first: the bus answers `GetId` after
  /// everything that it has passed on before.
  private func leave() async {
    _ = try? await connection.call(.bus, "GetId", deadline: .after(settings.systemTimeout))
    guard !isEnding else { return }
    guard isDone, !activity.isBusy, connection.callsUnderWay == 0 else { return activity.restart() }
    logger.info("nothing to do: leaving")
    leavesMessages = center.keepsMessages
    await end()
  }

  private func lostBus() {
    if case .ended(let act) = connection.ending { return lost("the system bus \(act)") }
    lost("the system bus closed the connection")
  }

  private func lost(_ reason: String) {
    logger.critical("\(reason)")
    isEnding = true
    onEnd(false)
  }
}
