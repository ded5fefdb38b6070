internal import GBus

/// A message's calls of `Notify`. A broadcast has the same one for nearly all desktops, so the last is kept.
@MainLoop
final class NotifyCalls {
  /// What the arguments are made of.
  private struct Origin: Equatable {
    let content: PopupContent
    let capabilities: Set<String>
    let profile: NotificationServerProfile
  }

  private var isForgotten = false
  private var last: (origin: Origin, call: PreparedCall)?

  nonisolated init() {}

  /// The call that raises a popup.
  ///
  /// - Parameters:
  ///   - content: what it says.
  ///   - capabilities: the server's.
  ///   - profile: what is peculiar to the server.
  /// - Returns: the call.
  /// - Throws: `BusError.local` where D-Bus can't carry it.
  func call(
    _ content: PopupContent, capabilities: Set<String>, profile: NotificationServerProfile
  ) throws -> PreparedCall {
    let origin = Origin(content: content, capabilities: capabilities, profile: profile)
    if let last, last.origin == origin { return last.call }
    let arguments = content.notifyArguments(capabilities: capabilities, profile: profile)
    let call = try PreparedCall(NotificationServer.remote, "Notify", arguments)
    if !isForgotten { last = (origin, call) }
    return call
  }

  /// Keeps nothing any more.
  func forget() {
    isForgotten = true
    last = nil
  }
}
