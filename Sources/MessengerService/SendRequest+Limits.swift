internal import MessengerContract

/// What msgd remembers of a message is bounded, word by word: see ``Limits/wordLength``.
extension SendRequest {
  /// Checks how many recipients there are, and how long each is.
  ///
  /// - Throws: `InvalidArgument` for too many, which no later call can send either, and for one that nobody is called by.
  static func check(_ recipients: [String], _ limits: Limits) throws {
    guard recipients.count <= limits.recipientsPerCall else {
      throw MessengerError(
        .invalidArgument, "too many recipients: \(recipients.count) (RecipientsPerCall=\(limits.recipientsPerCall))")
    }
    for recipient in recipients { try check(recipient, "a recipient") }
  }

  /// Checks the options' texts.
  ///
  /// - Throws: `InvalidArgument`, naming the option.
  func checkOptions() throws {
    if let title { try Self.check(title, "the option title") }
    try Self.check(icon, "the option icon")
    guard replies.count <= Limits.replies else {
      throw MessengerError(
        .invalidArgument, "the option replies has \(replies.count) buttons, and at most \(Limits.replies) are taken")
    }
    for text in replies.flatMap({ [$0.key, $0.label] }) { try Self.check(text, "a text of the option replies") }
  }

  private static func check(_ text: String, _ name: String) throws {
    let length = text.unicodeScalars.count
    guard length <= Limits.wordLength else {
      throw MessengerError(
        .invalidArgument, "\(name) has \(length) characters, and at most \(Limits.wordLength) are taken")
    }
  }
}
