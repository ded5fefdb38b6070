internal import ArgumentParser
internal import GBus
internal import Glibc
internal import Logging
internal import MessengerContract
internal import MessengerService

/// The service's command line; systemd gives it, and an administrator may add to it.
@main
struct Daemon: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "msgd", abstract: "Show messages as popups on the desktops of logged-in users.",
    discussion: "Serves \(Messenger.busName) on the system bus, which starts it when it is needed.",
    version: "msgd \(Messenger.version)")

  @Option(help: ArgumentHelp("Leave when there was nothing to do for so long.", valueName: "seconds"))
  var idleTimeout: UInt32 = 300

  @Option(help: ArgumentHelp("Read settings from this file.", valueName: "file"), completion: .file())
  var config = "/etc/msgd.conf"

  @Option(
    help: ArgumentHelp(
      "Keep in this folder what users have chosen. (default: $STATE_DIRECTORY, or /var/lib/msgd)", valueName: "folder"),
    completion: .directory)
  var state: String?

  @Option(
    help: ArgumentHelp("Look in this folder for translations of popups.", valueName: "folder"), completion: .directory)
  var locales = "/usr/share/locale"

  func run() throws {
    Heap.shareArenas()
    var logger = Logger(label: "msgd", factory: { _ in JournalLogHandler() })
    logger.logLevel = .info
    var settings = Settings()
    settings.read(config, logger: logger)
    if let folder = state ?? getenv("STATE_DIRECTORY").map({ String(cString: $0) }) { settings.stateFolder = folder }
    settings.localeFolder = locales
    if let path = getenv("PATH") {
      settings.programFolders = String(cString: path).split(separator: ":").map(String.init)
    }
    settings.idleTimeout = .seconds(Int64(idleTimeout))
    MainLoop.task { [settings, logger] in await Self.serve(settings, logger) }
    MainLoop.run()
  }

  @MainLoop private static var service: Service?

  @MainLoop
  private static func serve(_ settings: Settings, _ logger: Logger) async {
    // Before the start, so that none comes between the bus's giving the name and there being a handler.
    for signal in [SIGINT, SIGTERM] { MainLoop.onSignal(signal, leave) }
    // systemd's, with RuntimeDirectory= (systemd.exec(5)).
    let notes = getenv("RUNTIME_DIRECTORY").map { String(cString: $0) }
    do {
      service = try await Service.start(
        settings: settings, notes: notes, wallClock: .system, logger: logger
      ) { isInOrder in
        if isInOrder { MainLoop.quit() } else { Glibc.exit(EXIT_FAILURE) }
      }
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
