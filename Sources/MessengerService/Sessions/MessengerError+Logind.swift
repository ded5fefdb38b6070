import MessengerContract

extension MessengerError {
  /// The error if logind can't be asked.
  static func unavailable(_ reason: String) -> MessengerError {
    MessengerError(
      .unavailable, "logind (\(Logind.busName)) does not answer: \(reason): systemctl status systemd-logind")
  }

  /// The error if logind gives no answer about one of its sessions.
  static func unavailable(session id: String, _ reason: String) -> MessengerError {
    MessengerError(
      .unavailable,
      "logind (\(Logind.busName)) does not tell of session \(id): \(reason): systemctl status systemd-logind")
  }
}
