import MessengerContract

extension RecipientResolver.Resolution {
  /// The same where logind doesn't tell of some sessions, which may be anybody's: who was not found may be there all
  /// the same, and a word that means many may mean more.
  ///
  /// - Parameters:
  ///   - recipients: the recipients that were resolved.
  ///   - sessions: the ids of those sessions, with the reason.
  /// - Returns: what is known.
  func doubting(_ recipients: [String], for sessions: [String: String]) -> Self {
    guard let (id, reason) = sessions.min(by: { $0.key < $1.key }) else { return self }
    let missing = Set(failures.map(\.recipient)).union(recipients.filter(RecipientResolver.meansMany))
    let error = MessengerError.unavailable(session: id, reason)
    let doubted = recipients.filter(missing.contains).map { RecipientResolver.Failure(recipient: $0, error: error) }
    return Self(targets: targets, failures: doubted, respelled: respelled)
  }
}
