internal import GBus
internal import MessengerContract

/// The options on the command line. systemd passes them, and an administrator may add others.
enum Options {
  static let idleTimeout = OptionReader.Option(
    "idle-timeout", value: "SECONDS", help: "Leave after so long without work. (default: 300)")
  static let config = OptionReader.Option(
    "config", value: "FILE", help: "Read settings from it. (default: /etc/msgd.conf)")
  static let state = OptionReader.Option(
    "state", value: "FOLDER",
    help: "Keep the state there. (default: /var/lib/msgd)")
  static let locales = OptionReader.Option(
    "locales", value: "FOLDER", help: "Read catalogs there. (default: /usr/share/locale)")
  static let helper = OptionReader.Option(
    "helper", value: "FILE", help: "msgd-connect's socket. (default: /run/msgd-connect)")
  static let messagesOnly = OptionReader.Option(
    "messages-only", help: "Be the command= of a key for messages: see msgd(8).")
  static let retire = OptionReader.Option(
    "retire", value: "PID", help: "Have that msgd leave when no popup stands.")
  static let version = OptionReader.Option("version", help: "Show the version.")
  static let help = OptionReader.Option("help", letter: "h", help: "Show help information.")

  static let reader = OptionReader(
    summary: "Show messages as popups on the desktops of logged-in users.",
    description: "Serves \(Messenger.busName) on the system bus, which starts it when it is needed.",
    options: [idleTimeout, config, state, locales, helper, messagesOnly, retire, version, help])
}
