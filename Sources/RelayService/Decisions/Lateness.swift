internal import FleetContract
internal import MessengerContract

extension SendOptions {
  /// The options for msgd of a message that has been on its way for a while: no time is longer than what is left.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - now: the time, in seconds since 1970; before it expires.
  /// - Returns: the options.
  func delivered(of message: FleetMessage, at now: Int64) -> SendOptions {
    let left = UInt32(clamping: max(1, message.expires - now))
    var options = self
    // msgd would answer only when everybody has; the receipts say it as it happens.
    options.wait = false
    if let hold {
      options.hold = min(hold, left)
    } else if timeout != 0, (timeout ?? Messenger.defaultTimeout) > left {
      options.timeout = left
    }
    return options
  }
}
