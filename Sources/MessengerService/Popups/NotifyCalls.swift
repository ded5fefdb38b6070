internal import GBus

/// The `Notify` calls of a message. A broadcast makes the same call on nearly all desktops, so the last one is kept.
@MainLoop
final class NotifyCalls {
  /// The values that determine the arguments.
  private struct Origin: Equatable {
    let content: PopupContent
    let capabilities: Set<String>
    let quirks: NotificationServerQuirks
  }

  private var isForgotten = false
  private var last: (origin: Origin, call: PreparedCall)?

  nonisolated init() {}

  /// Returns the call that raises a popup.
  ///
  /// - Parameters:
  ///   - content: what the popup says.
  ///   - capabilities: the server's capabilities.
  ///   - quirks: the server's peculiarities.
  /// - Returns: the call.
  /// - Throws: `BusError.local` if D-Bus can't carry the arguments.
  func call(
    _ content: PopupContent, capabilities: Set<String>, quirks: NotificationServerQuirks
  ) throws -> PreparedCall {
    let origin = Origin(content: content, capabilities: capabilities, quirks: quirks)
    if let last, last.origin == origin { return last.call }
    let arguments = content.notifyArguments(capabilities: capabilities, quirks: quirks)
    let call = try PreparedCall(.notifications, "Notify", arguments)
    if !isForgotten { last = (origin, call) }
    return call
  }

  /// Drops the last call, and keeps none from now on.
  func forget() {
    isForgotten = true
    last = nil
  }
}
