internal import GBus

/// A window with the whole of a text, from its opening to its closing.
///
/// The user's own service manager starts the program that shows it, as the user and with the session's environment.
/// msgd runs nothing. What the service manager says about the window's end is the user's word, just like a click on a
/// popup.
@MainLoop
final class TextWindow: PopupWindow {
  /// Called when the window no longer matters.
  var onForgotten: (@MainLoop () -> Void)?

  private let whole: WholeText
  private let connection: Connection
  private let closesBy: Deadline?
  private let onEnd: @MainLoop (PopupVerdict.Event) -> Void
  private var viewers: ArraySlice<TextViewer>
  private var viewer: TextViewer?
  private var unit = ""
  private var subscription: Subscription?

  /// How long the service manager may take to accept a unit.
  private static let startTimeout: Duration = .seconds(5)
  /// How much longer than its popup a window stays if nobody closes it.
  private static let margin: Duration = .seconds(1)
  private static let removals =
    "type='signal',sender='\(UserManager.remote.destination)',"
    + "interface='\(UserManager.remote.interface)',member='JobRemoved'"

  /// Makes a window that isn't open yet.
  ///
  /// - Parameters:
  ///   - whole: the text that it shows.
  ///   - connection: the connection to the user's bus.
  ///   - closesBy: the time by which it is closed, if necessary by the service manager.
  ///   - onEnd: called once, unless ``close(deadline:)`` is called before.
  init(
    _ whole: WholeText, connection: Connection, closesBy: Deadline?,
    onEnd: @escaping @MainLoop (PopupVerdict.Event) -> Void
  ) {
    self.whole = whole
    self.connection = connection
    self.closesBy = closesBy
    self.onEnd = onEnd
    viewers = whole.viewers[...]
  }

  /// Opens the window. May be called once.
  func open() {
    connection.addMatch(Self.removals)
    subscription = connection.subscribe(
      SignalFilter(interface: UserManager.remote.interface, member: "JobRemoved")
    ) { [weak self] signal in
      guard let self, signal.arguments.count == 4, signal.arguments[2].string == unit else { return }
      jobRemoved(signal.arguments[3].string ?? "")
    }
    startNext(after: "there is no program for it")
  }

  /// Closes the window. Returns when the service manager has answered or the deadline has passed.
  func close(deadline: Deadline) async {
    guard forget() else { return }
    _ = try? await connection.call(UserManager.remote, "StopUnit", stopping, deadline: deadline)
  }

  /// Closes the window without waiting.
  func close() {
    if forget() { connection.post(UserManager.remote, "StopUnit", stopping) }
  }

  private var stopping: [Value] { [.string(unit), .string("replace")] }

  private func startNext(after failure: String) {
    guard subscription != nil else { return }  // closed meanwhile
    guard let viewer = viewers.popFirst() else { return end(.windowFailed(failure)) }
    self.viewer = viewer
    unit = "\(whole.unit)-\(viewer.program).service"
    MainLoop.task {
      do {
        try await self.start(viewer)
      } catch BusError.remote(_, let message) {
        self.startNext(after: "\(viewer.program) could not be started: \(Quotation(message))")
      } catch {
        self.end(.windowFailed("the user's service manager does not answer"))
      }
    }
  }

  private func start(_ viewer: TextViewer) async throws {
    let lifetime = closesBy.map { $0 - .now + Self.margin }
    let noOthers = Value.array(of: "(sa(sv))", [])
    let arguments = [
      .string(unit), .string("fail"), whole.properties(of: viewer, lifetime: lifetime), noOthers,
    ]
    _ = try await connection.call(
      UserManager.remote, "StartTransientUnit", arguments, deadline: .after(Self.startTimeout))
  }

  /// Handles the end of the start job, which for a `oneshot` unit is the end of its program (systemd, `JobRemoved`).
  private func jobRemoved(_ result: String) {
    switch result {
    case "done": end(.windowClosed)
    case "failed" where isOnlyViewer && viewer?.failsWhenClosed == true: end(.windowVanished)
    case "failed": startNext(after: "\(unit) failed")
    default: end(.windowFailed("\(unit) was ended (\(Quotation(result)))"))
    }
  }

  /// Whether this viewer is the first that was tried. If another one failed before, this one failed too.
  private var isOnlyViewer: Bool { viewers.count == whole.viewers.count - 1 }

  private func end(_ event: PopupVerdict.Event) {
    if forget() { onEnd(event) }
  }

  /// Stops following the window.
  ///
  /// - Returns: whether the window mattered until now.
  private func forget() -> Bool {
    guard let subscription else { return false }
    connection.cancel(subscription)
    connection.removeMatch(Self.removals)
    self.subscription = nil
    onForgotten?()
    return true
  }
}
