import MessengerClient

/// Whether the system bus can be reached, on this machine or another.
struct BusCheck: Check {
  static let name = "system bus"

  /// The other machine. Nil for this one.
  var host: String?
  /// The value of `DBUS_SYSTEM_BUS_ADDRESS`. Nil if it isn't set.
  var address: String?
  /// The error if it can't be reached.
  var failure: BusError?

  var finding: Finding {
    guard let failure else { return ok(host.map { "that of \($0) answers" } ?? "answers") }
    if let host {
      return wrong(
        "that of \(host) can't be reached", because: [failure.text],
        fix: ["ssh \(host) systemd-stdio-bridge  # has to connect, and to wait without a word; Ctrl-C ends it"])
    }
    if let address {
      return wrong(
        "that of DBUS_SYSTEM_BUS_ADDRESS, \(address), can't be reached", because: [failure.text],
        fix: ["unset DBUS_SYSTEM_BUS_ADDRESS"])
    }
    return wrong(
      "can't be reached", because: [failure.text],
      fix: ["systemctl status dbus  # says why", "sudo systemctl start dbus"])
  }
}
