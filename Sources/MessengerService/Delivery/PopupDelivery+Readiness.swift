internal import GBus
internal import MessengerContract

/// Whether a desktop shows popups, for messages that are held until one does.
extension PopupDelivery {
  /// How long a desktop may take to start its notification server by itself. On some, only the first popup starts it.
  private static let startTimeout: Duration = .seconds(30)

  /// Whether a popup could be seen in a session now: its bus can be joined, a notification server runs, or had time to,
  /// and no screen saver covers it.
  ///
  /// - Parameters:
  ///   - session: a session on a desktop, whose screen logind doesn't call locked.
  ///   - age: for how long it has existed.
  /// - Returns: whether it could.
  func isReady(_ session: LoginSession, age: Duration) async -> Bool {
    let deadline = Deadline.after(settings.deliveryTimeout)
    var isReady = false
    for finding in await finder.find([session], deadline: deadline) {
      try? await desktops.withDesktop(at: finding.address, of: session.user, deadline: deadline) { desktop in
        if try await desktop.server.isRunning(deadline: deadline) {
          try await desktop.server.ask(deadline: deadline)
          isReady = await hidden(among: [session.id], on: desktop).isEmpty
        } else {
          isReady = age > Self.startTimeout
        }
      }
    }
    return isReady
  }
}
