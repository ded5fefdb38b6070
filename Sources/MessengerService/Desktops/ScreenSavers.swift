internal import GBus

/// The programs that lock or blank the screen, and report that on the session bus. Asking starts none of them.
///
/// Each is asked once. From then on its signals count, and those of the bus when it comes or leaves.
@MainLoop
final class ScreenSavers {
  /// Their bus names, which are also their interfaces. The objects' paths are the same with slashes.
  static let names = ["gnome", "cinnamon", "mate", "xfce", "freedesktop"].map { "org.\($0).ScreenSaver" }

  /// How long they may take to answer. One that doesn't is taken to cover nothing.
  private static let questionTimeout: Duration = .seconds(1)

  private let connection: Connection
  /// The names of those that cover the screen.
  private var active: Set<String> = []
  private var question: SharedTask<Void>?
  private var watches: [Int: @MainLoop () -> Void] = [:]
  private var lastWatch = 0

  init(on connection: Connection) { self.connection = connection }

  /// Whether any covers the screen, as far as is known. None is known to before ``ask()``.
  var areActive: Bool { !active.isEmpty }

  /// Asks them, once for this connection. Returns when all have answered, or had the time to.
  func ask() async {
    let question = question ?? SharedTask { await self.askAll() }
    self.question = question
    _ = try? await question.value
  }

  /// Calls `call` each time that none covers the screen any more.
  ///
  /// - Returns: the watch's number, for ``forget(_:)``.
  func onEnd(_ call: @escaping @MainLoop () -> Void) -> Int {
    lastWatch += 1
    watches[lastWatch] = call
    return lastWatch
  }

  /// Ends a watch.
  func forget(_ watch: Int) { watches[watch] = nil }

  private func askAll() async {
    let deadline = Deadline.after(Self.questionTimeout)
    let questions = Self.names.map { name in
      follow(name)
      let call = PreparedCall(known: Self.remote(name), "GetActive").withoutStarting
      // Stored before any later signal is handled.
      return connection.ask(call) { [weak self] answer in self?.note(answer.arguments, of: name) }
    }
    for question in questions { _ = try? await question.answer(by: deadline) }
  }

  private static func remote(_ name: String) -> Remote {
    Remote(destination: name, path: "/" + name.split(separator: ".").joined(separator: "/"), interface: name)
  }

  private func follow(_ name: String) {
    let remote = Self.remote(name)
    let changes = SignalFilter(
      sender: name, path: remote.path, interface: remote.interface, member: "ActiveChanged")
    connection.follow(changes) { [weak self] in self?.note($0.arguments, of: name) }
    let ownership = SignalFilter(
      sender: Remote.bus.destination, interface: Remote.bus.interface, member: "NameOwnerChanged", argument0: name)
    connection.follow(ownership) { [weak self] _ in self?.note([.boolean(false)], of: name) }
  }

  private func note(_ arguments: [Value], of name: String) {
    guard case .boolean(let isActive)? = arguments.first else { return }
    let wereActive = areActive
    if isActive { active.insert(name) } else { active.remove(name) }
    if wereActive, !areActive { for watch in watches.values { watch() } }
  }
}
