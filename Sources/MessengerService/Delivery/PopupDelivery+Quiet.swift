internal import GBus
internal import MessengerContract

/// "Do not disturb", as a wish of the recipient's. Some desktops show critical popups all the same, and messages are
/// critical unless their sender says otherwise: that would be the sender's choice, and not the recipient's.
extension PopupDelivery {
  /// Whether a message is raised on a desktop as that is set now. Where it isn't, its fate is told. Root's is, that of
  /// who may message everyone, and one's own: the desktop decides what becomes of it.
  func mayBeShown(
    _ message: Message, to user: User, on desktop: Desktop, sessions: Set<String>, deadline: Deadline
  ) async -> Bool {
    guard message.sender.uid != user.uid, !message.sender.isRoot else { return true }
    guard await desktop.notifications.isQuiet(deadline: deadline) else { return true }
    if await message.mayDisturb(disturbs) { return true }
    message.enter(.suppressed, at: sessions, reason: .doNotDisturb)
    return false
  }
}
