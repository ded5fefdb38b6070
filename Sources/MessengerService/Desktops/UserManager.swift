internal import GBus

/// A user's service manager (systemd, `org.freedesktop.systemd1.Manager`) on a session bus. It reports the session's
/// environment, and opens windows in the session.
@MainLoop
final class UserManager {
  nonisolated static let remote = Remote(
    destination: "org.freedesktop.systemd1", path: "/org/freedesktop/systemd1",
    interface: "org.freedesktop.systemd1.Manager")

  /// The session's environment when the service manager was last asked; `nil` if there is none on the bus.
  private(set) var environment: SessionEnvironment?

  private let bus: SessionBus
  private var connection: Connection { bus.connection }
  private var asked = Deadline.now
  /// The open windows that it has opened.
  private var windows: [ObjectIdentifier: ProgramWindow] = [:]

  private static let getEnvironment = PreparedCall(
    known: Remote(destination: remote.destination, path: remote.path, interface: "org.freedesktop.DBus.Properties"),
    "Get", [.string(remote.interface), .string("Environment")])

  /// How long it may take to report the session's environment. Without the environment, popups are in English.
  private static let environmentTimeout: Duration = .seconds(1)

  /// How long an answer is used. A session's environment changes while the session begins, and may change later.
  private static let environmentRefreshDelay: Duration = .seconds(5)

  /// - Parameter bus: the bus, which need not have been joined yet.
  init(on bus: SessionBus) { self.bus = bus }

  /// Whether it is on this bus.
  var isPresent: Bool { environment != nil }

  /// A question about the session's environment, which has been sent.
  struct Question {
    fileprivate let question: Connection.Question
  }

  /// Asks for the session's environment: see ``take(_:deadline:)``.
  func ask() -> Question { Question(question: connection.ask(Self.getEnvironment)) }

  /// Waits for an answer, and stores it. A missing answer changes nothing.
  func take(_ question: Question, deadline: Deadline) async {
    asked = .now
    let answer = try? await question.question.answer(by: min(deadline, .after(Self.environmentTimeout)))
    guard case .variant(let value) = answer?.first else { return }
    environment = SessionEnvironment(value.strings ?? [])
  }

  /// Asks again if the last answer is old.
  func refresh(deadline: Deadline) async {
    guard isPresent, asked + Self.environmentRefreshDelay <= .now else { return }
    await take(ask(), deadline: deadline)
  }

  /// Returns what a later msgd needs to know about a window that stands.
  ///
  /// - Returns: `nil` if the window has ended, or the bus has no id.
  func record(of window: Popup, for message: UInt64, to user: User) -> PopupRecord? {
    guard let busID = bus.id, let unit = window.windowUnit, window.outcome == nil else { return nil }
    return PopupRecord(message: message, user: user, address: bus.address, bus: busID, window: unit)
  }

  /// Closes a window of an earlier msgd. Returns when the service manager has answered or the deadline has passed.
  func close(windowLeftBehind unit: String, deadline: Deadline) async {
    for program in WindowProgram.Name.allCases {
      let arguments = [Value.string(ProgramWindow.name(of: unit, program)), .string("replace")]
      _ = try? await connection.call(Self.remote, "StopUnit", arguments, deadline: deadline)
    }
  }

  /// Ends all windows, because nobody reports their fate after the bus has ended.
  func busEnded() {
    for window in windows.values { window.managerLeft() }
    windows = [:]
  }
}

extension UserManager: PopupWindowOpener {
  func open(
    _ content: WindowContent, closesBy: Deadline?, onEnd: @escaping @MainLoop (WindowEnd) -> Void
  ) -> any PopupWindow {
    let window = ProgramWindow(content, connection: connection, closesBy: closesBy, onEnd: onEnd)
    let identifier = ObjectIdentifier(window)
    windows[identifier] = window
    window.onForgotten = { [weak self] in self?.windows[identifier] = nil }
    window.open()
    return window
  }
}
