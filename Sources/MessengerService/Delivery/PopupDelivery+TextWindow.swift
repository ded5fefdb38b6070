internal import GBus
internal import MessengerContract

/// Shows the whole of a long text in a window, beside the popup.
extension PopupDelivery {
  /// How long msgd may take to join the bus that the user's service manager is on.
  private static let managerTimeout: Duration = .seconds(1)

  /// Runs `body` with a service manager that can open a window, if the message needs one and the user's service manager
  /// is on another bus.
  func withManager(
    for message: Message, by means: DeliveryMeans, to user: User, on desktop: Desktop,
    _ body: @MainLoop () async throws -> Void
  ) async throws {
    let standard = BusAddress(standardOf: user)
    guard !desktop.manager.isPresent, desktop.bus.address != standard, Self.mayNeedWindow(message.content, by: means)
    else {
      return try await body()
    }
    var isJoined = false
    do {
      try await desktops.withDesktop(at: standard, of: user, deadline: .after(Self.managerTimeout)) { other in
        isJoined = true
        desktop.managerElsewhere = other.manager.isPresent ? other.manager : nil
        try await body()
      }
    } catch {
      guard !isJoined else { throw error }
      desktop.managerElsewhere = nil
      try await body()
    }
  }

  /// Whether a window may show a message, or the whole of its text.
  private static func mayNeedWindow(_ content: PopupContent, by means: DeliveryMeans) -> Bool {
    means == .window || content.windowUse == .fallback || mayNeedWindow(content)
  }

  static func mayNeedWindow(_ content: PopupContent) -> Bool {
    content.question != nil
      || content.isAnsweredByOK
        && (WholeText.isNeeded(for: content.body) || WholeText.isNeeded(forTitle: content.title))
  }

  /// Returns what a popup says on a desktop. Without a service manager there is no window. A service manager on another
  /// bus doesn't know the display, so it gets the desktop's environment.
  static func fit(_ content: PopupContent, to desktop: Desktop) -> PopupContent {
    guard !desktop.manager.isPresent else { return content }
    var content = content
    if desktop.managerElsewhere == nil {
      content.whole = nil
    } else {
      content.whole?.window.environment = desktop.environment.assignments
    }
    return content
  }
}
