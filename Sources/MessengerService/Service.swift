public import GBus
public import Logging
internal import MessengerContract

/// msgd: from its first breath on the system bus to its last.
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
  /// Whether ended messages hold it no longer.
  private var isRetiring = false
  /// Called once, when the service has nothing left to do; with whether that is as it should be.
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
    let programs = EnvironmentReader(helper: ConnectHelper(at: settings.helperSocket ?? ConnectHelper.standardSocket))
    center = MessageCenter(
      addresses: AddressBook(directory: directory, users: users, programs: programs),
      authorizer: Authorizer { [polkit] in await polkit.check($0, for: $1, details: $2) }, mutes: mutes,
      ledger: PopupLedger(folder: notes, logger: logger), journal: journal,
      reporter: ChangeReporter(connection: connection, timeout: settings.systemTimeout, logger: logger),
      wallClock: wallClock, settings: settings)
    activity = IdleMonitor(timeout: settings.idleTimeout)
  }

  /// Starts the service on the system bus.
  ///
  /// - Parameters:
  ///   - settings: its numbers.
  ///   - notes: the folder for notes of open popups, which a later msgd finds after a crash; `nil` for none.
  ///   - wallClock: the time of day.
  ///   - logger: where it tells what it does.
  ///   - onEnd: called once, when the service has ended; with `false` where it lost the bus or its name.
  /// - Returns: the service, which answers calls.
  /// - Throws: `BusError` where the bus can't be reached; `MessengerError` where the name is not to be had.
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

  /// Closes every popup, answers every call that waits, leaves the bus, and ends. Messages that come meanwhile are
  /// refused; once the name is given back, the next call starts another msgd, and what came before is still answered
  /// here.
  public func end() async {
    guard !isEnding else { return }
    isEnding = true
    center.isLeaving = true
    polkit.end()
    await center.end()
    // Who has been waiting for those popups gets an answer.
    await activity.quiet()
    let deadline = Deadline.after(settings.systemTimeout)
    try? await connection.releaseName(Messenger.busName, deadline: deadline)
    try? await connection.answered(by: deadline)
    await connection.flush()
    connection.close()
    onEnd(true)
  }

  /// Leaves as soon as no message is open any more, though some be remembered: the next call starts another msgd, with
  /// the settings and of the version that there are by then.
  public func retire() {
    isRetiring = true
    activity.hurry(Self.retirementDelay)
  }

  /// How long senders whose message has ended may ask what became of it, when the service is about to leave.
  private static let retirementDelay: Duration = .seconds(1)

  private var isDone: Bool { isRetiring ? center.isQuiet : center.isEmpty }

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
    guard try await connection.requestName(Messenger.busName, deadline: .after(settings.systemTimeout)) else {
      throw MessengerError(.failed, "the name \(Messenger.busName) is taken: another msgd runs")
    }
    activity.restart()
    MallocTrimmer.trimWhenQuiet()
    MainLoop.task { await self.activity.during { await self.center.clearUp(logger: self.logger) } }
  }

  /// Waits anew for its idle time, where it may be idle now.
  private func centerChanged() {
    if isRetiring || center.isEmpty { activity.restart() }
  }

  private func readMutes() async {
    do { try await mutes.load() } catch { logger.error("\(error): whoever is muted gets messages") }
    // The user database may take its time.
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

  /// Leaves when there is nothing left to do. The name, once given back, is not taken again: systemd ends a service
  /// that has lost it. So what is on its way here is seen before: the bus answers after all that it has passed on.
  private func leave() async {
    _ = try? await connection.call(.bus, "GetId", deadline: .after(settings.systemTimeout))
    guard !isEnding else { return }
    guard isDone, !activity.isBusy, connection.callsUnderWay == 0 else { return activity.restart() }
    logger.info("nothing to do: leaving")
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
