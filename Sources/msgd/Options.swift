internal import GBus
internal import MessengerContract

/// What the command line may say; systemd gives it, and an administrator may add to it.
enum Options {
  static let idleTimeout = OptionReader.Option(
    "idle-timeout", value: "SECONDS", help: "Leave when there was nothing to do for so long. (default: 300)")
  static let config = OptionReader.Option(
    "config", value: "FILE", help: "Read settings from this file. (default: /etc/msgd.conf)")
  static let state = OptionReader.Option(
    "state", value: "FOLDER",
    help: "Keep in this folder what users have chosen. (default: $STATE_DIRECTORY, or /var/lib/msgd)")
  static let locales = OptionReader.Option(
    "locales", value: "FOLDER", help: "Look in this folder for translations of popups. (default: /usr/share/locale)")
  static let version = OptionReader.Option("version", help: "Show the version.")
  static let help = OptionReader.Option("help", letter: "h", help: "Show help information.")

  static let reader = OptionReader(
    summary: "Show messages as popups on the desktops of logged-in users.",
    description: "Serves \(Messenger.busName) on the system bus, which starts it when it is needed.",
    options: [idleTimeout, config, state, locales, version, help])
}
