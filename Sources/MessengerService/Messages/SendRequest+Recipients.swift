internal import MessengerContract

/// The checks of recipients, which msgd remembers with the message: see ``Limits/wordLength``.
extension SendRequest {
  /// Checks the number of recipients and the length of each.
  ///
  /// - Throws: `InvalidArgument` if there are too many, because no later call can send to them either, or if one is
  ///   longer than any name.
  static func check(_ recipients: [String], _ limits: Limits) throws {
    try checkCount(of: recipients.count, limits)
    for recipient in recipients { try SendOptions.checkLength(of: recipient, "a recipient") }
  }

  /// Checks the number of recipients.
  ///
  /// - Throws: `InvalidArgument`, because no later call can send to them either.
  static func checkCount(of recipients: Int, _ limits: Limits) throws {
    guard recipients <= limits.recipientsPerCall else {
      throw MessengerError(
        .invalidArgument, "too many recipients: \(recipients) (RecipientsPerCall=\(limits.recipientsPerCall))")
    }
  }
}
