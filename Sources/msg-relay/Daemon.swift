internal import GBus
internal import Glibc
internal import JournalLog
internal import Logging
internal import MessengerContract
internal import RelayService

@main
enum Daemon {
  /// `EX_CONFIG` of `sysexits.h`: it is of no use to start again.
  private static let wrongSettings: Int32 = 78

  private static let program = ServiceProgram("msg-relay")

  static func main() {
    do throws(OptionError) {
      let options = try Options.reader.read(CommandLine.arguments)
      if options.has(Options.help) {
        program.say(Options.reader.help)
      } else if options.has(Options.version) {
        program.say("msg-relay \(Messenger.version)\n")
      } else {
        run(options)
      }
    } catch {
      program.refuse(error)
    }
  }

  private static func run(_ options: ParsedOptions) {
    MallocTrimmer.shareArenas()
    let logger = Logger(label: "msg-relay", factory: { _ in JournalLogHandler(program: "msg-relay") })
    var settings = RelaySettings()
    settings.read(options[Options.config] ?? "/etc/msgd/relay.conf", logger: logger)
    // systemd sets it, because of StateDirectory= (systemd.exec(5)).
    if let folder = options[Options.state] ?? getenv("STATE_DIRECTORY").map({ String(cString: $0) }) {
      settings.stateFolder = folder
    }
    MainLoop.task { [settings] in await serve(settings, logger) }
    MainLoop.run()
  }

  @MainLoop private static var service: RelayService?

  @MainLoop
  private static func serve(_ settings: RelaySettings, _ logger: Logger) async {
    for signal in [SIGINT, SIGTERM] { MainLoop.onSignal(signal, leave) }
    do {
      service = try await RelayService.start(settings: settings, logger: logger) { Glibc.exit(EXIT_FAILURE) }
    } catch {
      logger.critical("can't start: \(error)")
      Glibc.exit(error is SettingsError ? wrongSettings : EXIT_FAILURE)
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
