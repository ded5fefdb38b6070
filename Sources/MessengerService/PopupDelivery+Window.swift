internal import GBus

/// What it takes to show the whole of a long text in a window, beside the popup.
extension PopupDelivery {
  /// How long the bus may take to be joined that the user's service manager is on.
  private static let managerPatience: Duration = .seconds(1)

  /// Sees to it that a window can be opened where a message needs one and the user's service manager is on another bus.
  func withManager(
    for message: Message, to user: User, on bus: SessionBus, _ body: @MainLoop () async throws -> Void
  ) async throws {
    let standard = BusAddress(standardOf: user)
    guard !bus.hasManager, bus.address != standard, Self.needsWindow(message.content) else { return try await body() }
    var isJoined = false
    do {
      try await buses.withBus(at: standard, of: user, deadline: .after(Self.managerPatience)) { manager in
        isJoined = true
        bus.managerBus = manager.hasManager ? manager : nil
        try await body()
      }
    } catch {
      guard !isJoined else { throw error }
      bus.managerBus = nil
      try await body()
    }
  }

  /// With reply buttons there is no other: a window would take the popup away with them.
  static func needsWindow(_ content: PopupContent) -> Bool {
    content.replies.isEmpty && WholeText.isNeeded(for: content.body)
  }
}
