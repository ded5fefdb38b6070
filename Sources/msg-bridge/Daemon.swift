internal import BridgeService
internal import GBus
internal import Glibc
internal import JournalLog
internal import Logging
internal import MessengerContract

@main
enum Daemon {
  private static let program = ServiceProgram("msg-bridge")

  static func main() {
    do throws(OptionError) {
      let options = try Options.reader.read(CommandLine.arguments)
      if options.has(Options.help) {
        program.say(Options.reader.help)
      } else if options.has(Options.version) {
        program.say("msg-bridge \(Messenger.version)\n")
      } else {
        run(options)
      }
    } catch {
      program.refuse(error)
    }
  }

  private static func run(_ options: ParsedOptions) {
    MallocTrimmer.shareArenas()
    let logger = Logger(label: "msg-bridge", factory: { _ in JournalLogHandler(program: "msg-bridge") })
    var settings = BridgeSettings()
    settings.read(options[Options.config] ?? "/etc/msgd/bridge.conf", logger: logger)
    if let folder = options[Options.schedule] { settings.scheduleFolder = folder }
    // systemd sets it, because of RuntimeDirectory= (systemd.exec(5)).
    settings.notesFolder = getenv("RUNTIME_DIRECTORY").map { String(cString: $0) }
    MainLoop.task { [settings] in await serve(settings, logger) }
    MainLoop.run()
  }

  @MainLoop private static var service: BridgeService?

  @MainLoop
  private static func serve(_ settings: BridgeSettings, _ logger: Logger) async {
    for signal in [SIGINT, SIGTERM] { MainLoop.onSignal(signal, leave) }
    do {
      service = try await BridgeService.start(settings: settings, logger: logger) { Glibc.exit(EXIT_FAILURE) }
    } catch {
      logger.critical("can't start: \(error)")
      Glibc.exit(EXIT_FAILURE)
    }
  }

  @MainLoop
  private static func leave() {
    guard let service else { Glibc.exit(EXIT_SUCCESS) }
    MainLoop.task {
      await service.end()
      MainLoop.quit()
    }
  }
}
