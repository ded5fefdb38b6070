import MessengerContract

extension RecipientResolver.Resolution {
  /// Returns the resolution with doubts, if logind gives no answer about some sessions. These may be anybody's, so a
  /// recipient that was not found may have one, and a word that means many may mean more.
  ///
  /// - Parameters:
  ///   - recipients: the recipients that were resolved.
  ///   - sessions: the ids of those sessions, with the reasons.
  /// - Returns: the resolution, with these doubts as failures.
  func doubting(_ recipients: [String], for sessions: [String: String]) -> Self {
    guard let (id, reason) = sessions.min(by: { $0.key < $1.key }) else { return self }
    let missing = Set(failures.map(\.recipient)).union(recipients.filter(RecipientResolver.meansMany))
    let error = MessengerError.unavailable(session: id, reason)
    let doubted = recipients.filter(missing.contains).map { RecipientResolver.Failure(recipient: $0, error: error) }
    return Self(targets: targets, failures: doubted, respelled: respelled)
  }
}
