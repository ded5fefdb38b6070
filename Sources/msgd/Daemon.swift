internal import GBus
internal import Glibc
internal import JournalLog
internal import Logging
internal import MessengerContract
internal import MessengerService

@main
enum Daemon {
  private static let program = ServiceProgram("msgd")

  static func main() {
    do throws(OptionError) {
      let options = try Options.reader.read(CommandLine.arguments)
      if options.has(Options.help) {
        program.say(Options.reader.help)
      } else if options.has(Options.version) {
        program.say("msgd \(Messenger.version)\n")
      } else if options.has(Options.messagesOnly) {
        bridge()
      } else if let process = try options.number(Options.retire) {
        retire(process)
      } else {
        run(options, idleTimeout: try options.number(Options.idleTimeout))
      }
    } catch {
      program.refuse(error)
    }
  }

  /// Does what `systemctl reload` runs, as the service's user.
  private static func retire(_ process: UInt32) {
    guard let process = pid_t(exactly: process), process > 0 else { program.fail("there is no process \(process)") }
    guard kill(process, SIGHUP) != 0 else { return }
    program.fail("can't tell process \(process) to leave: \(String(cString: strerror(errno)))")
  }

  /// Does what sshd runs for a key that is only for messages: the service can be called, and nothing else on the bus.
  private static func bridge() {
    signal(SIGPIPE, SIG_IGN)
    let service = Remote(
      destination: Messenger.busName, path: Messenger.objectPath, interface: Messenger.interface)
    do {
      try FilteringBridge.run(to: service, input: STDIN_FILENO, output: STDOUT_FILENO)
    } catch {
      program.fail("\(error)", status: ServiceProgram.unavailable)
    }
  }

  /// `EX_TEMPFAIL` of `sysexits.h`. The unit has systemd start another msgd after it, which shows what is put off.
  private static let successorNeeded: Int32 = 75

  private static func run(_ options: ParsedOptions, idleTimeout: UInt32?) {
    MallocTrimmer.shareArenas()
    var logger = Logger(label: "msgd", factory: { _ in JournalLogHandler(program: "msgd") })
    logger.logLevel = .info
    var settings = Settings()
    settings.read(options[Options.config] ?? "/etc/msgd.conf", logger: logger)
    if let folder = options[Options.state] ?? variable("STATE_DIRECTORY") { settings.stateFolder = folder }
    if let socket = options[Options.helper] { settings.helperSocket = socket }
    if let folder = options[Options.locales] { settings.localeFolder = folder }
    if let path = variable("PATH") { settings.programFolders = path.split(separator: ":").map(String.init) }
    if let idleTimeout { settings.idleTimeout = .seconds(Int64(idleTimeout)) }
    MainLoop.task { [settings, logger] in await Self.serve(settings, logger) }
    MainLoop.run()
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  @MainLoop private static var service: Service?
  /// Whether the service was told to retire, perhaps before it existed.
  @MainLoop private static var isToRetire = false

  @MainLoop
  private static func serve(_ settings: Settings, _ logger: Logger) async {
    // Before the start, so that no signal comes after the bus has given the name and before there is a handler.
    for signal in [SIGINT, SIGTERM] { MainLoop.onSignal(signal, leave) }
    MainLoop.onSignal(SIGHUP) {
      isToRetire = true
      service?.retire()
    }
    // systemd sets it, because of RuntimeDirectory= (systemd.exec(5)).
    let notes = variable("RUNTIME_DIRECTORY")
    do {
      service = try await Service.start(
        settings: settings, notes: notes, wallClock: .system, logger: logger
      ) { isInOrder in
        guard isInOrder else { Glibc.exit(EXIT_FAILURE) }
        if service?.leavesMessages == true { Glibc.exit(successorNeeded) }
        MainLoop.quit()
      }
      if isToRetire { service?.retire() }
    } catch {
      logger.critical("can't start: \(error)")
      Glibc.exit(EXIT_FAILURE)
    }
  }

  @MainLoop
  private static func leave() {
    guard let service else { Glibc.exit(EXIT_SUCCESS) }
    MainLoop.task { await service.end() }
  }
}
