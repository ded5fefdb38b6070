import MessengerClient

/// Checks whether the caller accepts messages.
struct MuteCheck: Check {
  static let name = "mute"

  /// The other machine. Nil for this one.
  var host: String?
  /// msgd's answer. Nil if it can't be asked.
  var isMuted: BusAnswer<Bool>?

  var finding: Finding {
    switch isMuted {
    case nil: unknown("msgd can't be asked")
    case .failure(let failure):
      wrong(
        "msgd does not tell whether you take messages", because: [failure.text],
        fix: ["journalctl -u msgd  # says why"])
    case .success(false): ok("you take messages")
    case .success(true):
      note(
        "you take no messages but root's and your own", because: ["msg --mute was called"],
        fix: ["msg --unmute" + (host.map { " /SERVER:\($0)" } ?? "")])
    }
  }
}
