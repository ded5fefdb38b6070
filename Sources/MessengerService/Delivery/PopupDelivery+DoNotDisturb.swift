internal import GBus
internal import MessengerContract

/// Respect for "do not disturb". Some desktops show critical popups in spite of it, and messages are critical unless
/// their sender says otherwise. The choice would then be the sender's, not the recipient's.
extension PopupDelivery {
  /// Whether a message is shown on a desktop with its current setting. If it isn't, its deliveries become `suppressed`.
  /// Messages of root, of senders who may message everyone, and to oneself are always passed on, and the desktop
  /// decides.
  func mayBeShown(
    _ message: Message, to user: User, on desktop: Desktop, sessions: Set<String>, deadline: Deadline
  ) async -> Bool {
    guard message.sender.uid != user.uid, !message.sender.isRoot else { return true }
    guard await desktop.server.isQuiet(deadline: deadline) else { return true }
    if await message.mayDisturb(disturbs) { return true }
    message.enter(.suppressed, at: sessions, reason: .doNotDisturb)
    return false
  }
}
