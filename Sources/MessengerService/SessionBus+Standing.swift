internal import GBus

extension SessionBus {
  /// What another msgd has to know of a popup that stands here.
  ///
  /// - Returns: `nil` where the popup has ended, or the bus has no id.
  func standing(_ popup: Popup, of message: UInt64, for user: User) -> StandingPopup? {
    guard let busID, let owner, popup.outcome == nil else { return nil }
    return StandingPopup(
      message: message, user: user, address: address, bus: busID, server: owner, id: popup.id)
  }

  /// Closes a popup of another msgd, if this is still the bus and the server that it was shown by. Returns when the
  /// server has answered or the deadline has passed.
  func close(_ popup: StandingPopup, deadline: Deadline) async {
    guard (try? await hasServer(deadline: deadline)) == true, popup.server == owner, popup.bus == busID else { return }
    _ = try? await connection.call(Self.server, "CloseNotification", [.uint32(popup.id)], deadline: deadline)
  }
}
