internal import MessengerContract

/// The checks of the options that let a message be put off.
extension SendOptions {
  /// Checks the choices: see ``LaterRules``.
  ///
  /// - Throws: `InvalidArgument`, naming the option.
  func checkLater() throws {
    guard until == nil || !later.isEmpty else { throw Self.wrong(.until, "it needs the option later") }
    if let fault = LaterRules.fault(in: later, besides: replies.count) { throw Self.wrong(.later, fault) }
    guard !later.isEmpty, !replies.isEmpty else { return }
    let labels = replies.map(\.label) + later.map { LaterChoice(seconds: $0).label }
    let columns = labels.reduce(0) { $0 + TextPolicy.columns(of: $1) }
    guard columns <= ReplyRules.allLabelsColumns else {
      throw Self.wrong(
        .later,
        "its buttons and those of replies have \(columns) columns, and at most \(ReplyRules.allLabelsColumns) are taken"
      )
    }
  }

  /// Checks the end of putting off, in seconds since 1970.
  ///
  /// - Parameter now: the time of sending, in seconds since 1970.
  /// - Returns: the end; a day after sending if the sender gave none.
  /// - Throws: `InvalidArgument` if the end is past or too late.
  func endOfPuttingOff(from now: UInt64) throws -> UInt64 {
    guard let until else { return now + LaterRules.usualEnd }
    guard until > now else { throw Self.wrong(.until, "\(until) is past: it is \(now) now, in seconds since 1970") }
    guard until - now <= LaterRules.latestEnd else {
      throw Self.wrong(.until, "it is \(until - now) seconds from now, and at most \(LaterRules.latestEnd) are taken")
    }
    return until
  }

  private static func wrong(_ option: SendOption, _ reason: String) -> MessengerError {
    MessengerError(.invalidArgument, "the option \(option.rawValue): \(reason)")
  }
}
