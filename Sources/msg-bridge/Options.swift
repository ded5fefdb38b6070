internal import GBus

/// The options on the command line. systemd passes them, and an administrator may add others.
enum Options {
  static let config = OptionReader.Option(
    "config", value: "FILE", help: "Read settings from it. (default: /etc/msgd/bridge.conf)")
  static let schedule = OptionReader.Option(
    "schedule", value: "FOLDER", help: "logind's schedule. (default: /run/systemd/shutdown)")
  static let version = OptionReader.Option("version", help: "Show the version.")
  static let help = OptionReader.Option("help", letter: "h", help: "Show help information.")

  static let reader = OptionReader(
    summary: "Show on desktops what other programs say to terminals or the system bus.",
    description: "systemctl enable --now msg-bridge starts it; /etc/msgd/bridge.conf says what it passes on.",
    options: [config, schedule, version, help])
}
