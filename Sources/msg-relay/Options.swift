internal import GBus

/// The options on the command line. systemd passes them, and an administrator may add others.
enum Options {
  static let config = OptionReader.Option(
    "config", value: "FILE", help: "Read settings from it. (default: /etc/msgd/relay.conf)")
  static let state = OptionReader.Option(
    "state", value: "FOLDER", help: "Keep messages there. (default: STATE_DIRECTORY, or /var/lib/msg-relay)")
  static let version = OptionReader.Option("version", help: "Show the version.")
  static let help = OptionReader.Option("help", letter: "h", help: "Show help information.")

  static let reader = OptionReader(
    summary: "Show messages that come to this machine through an MQTT broker.",
    description: "systemctl enable --now msg-relay starts it; /etc/msgd/relay.conf says which broker it asks.",
    options: [config, state, version, help])
}
