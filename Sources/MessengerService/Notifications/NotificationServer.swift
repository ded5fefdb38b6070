internal import GBus
internal import MessengerContract

/// The notification server on a session bus: which one it is, and what it says about itself.
@MainLoop
final class NotificationServer {
  private static let remote = Remote.notifications

  /// How long the server may take to answer a question about itself, or about a popup. Without an answer it is treated
  /// like any other server.
  static let questionTimeout: Duration = .seconds(1)

  /// The unique name of the server, if it is known.
  private(set) var owner: String?
  /// The server's capabilities, as it last reported them.
  private(set) var capabilities: Set<String> = []
  /// Called when the server has left, before another one is known.
  var onLeft: (@MainLoop () -> Void)?

  private let connection: Connection
  private var knownQuirks: NotificationServerQuirks?

  /// How long the bus may take to say whether there is a server, when none has answered.
  private static let ownerTimeout: Duration = .milliseconds(200)

  private static let getCapabilities = PreparedCall(known: remote, "GetCapabilities")
  private static let getServerInformation = PreparedCall(known: remote, "GetServerInformation")
  private static let ownerRule =
    "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='\(remote.destination)'"
  private static let followOwner = PreparedCall(known: .bus, "AddMatch", [.string(ownerRule)])

  /// Follows which server is on a bus.
  ///
  /// - Parameter connection: the connection to the bus, which need not have been joined yet.
  init(on connection: Connection) {
    self.connection = connection
    connection.post(Self.followOwner)
    let ownership = SignalFilter(
      interface: Remote.bus.interface, member: "NameOwnerChanged", argument0: Self.remote.destination)
    connection.subscribe(ownership) { [weak self] signal in
      if signal.sender == Remote.bus.destination { self?.ownerChanged(to: signal.arguments.last?.string ?? "") }
    }
  }

  private func ownerChanged(to newOwner: String) {
    if owner != nil, owner != newOwner { onLeft?() }
    owner = newOwner.isEmpty ? nil : newOwner
    knownQuirks = nil
  }

  /// Asks for the server's identity and capabilities, unless they are known. If no server runs, the bus starts one.
  ///
  /// - Throws: `Failed`, with the reason; `BusError`.
  func ask(deadline: Deadline) async throws {
    if owner != nil, let knownQuirks, !knownQuirks.changesCapabilities { return }
    let information = knownQuirks == nil ? connection.ask(Self.getServerInformation) : nil
    let answer = try await explained {
      try await connection.call(Self.getCapabilities, deadline: deadline) { answer in
        // Stored before the bus can report another owner. If an owner is known already, the bus reported it later, and
        // it counts.
        self.owner = self.owner ?? answer.sender
      }
    }
    capabilities = Set(answer.first?.strings ?? [])
    if let information { await learnQuirks(information, deadline: deadline) }
  }

  private func learnQuirks(_ information: Connection.Question, deadline: Deadline) async {
    let answer = try? await information.answer(by: min(deadline, .after(Self.questionTimeout)))
    let texts = (answer ?? []).compactMap(\.string)
    if texts.count == 4 { knownQuirks = .of(server: texts[0], vendor: texts[1], version: texts[2]) }
  }

  /// Whether a server runs, as opposed to one that would have to be started.
  ///
  /// - Throws: `BusError`.
  func isRunning(deadline: Deadline) async throws -> Bool {
    guard owner == nil else { return true }
    do {
      let name = [Value.string(Self.remote.destination)]
      _ = try await connection.call(.bus, "GetNameOwner", name, deadline: deadline) { answer in
        self.owner = self.owner ?? answer.arguments.first?.string
      }
      return true
    } catch BusError.remote {
      return false
    }
  }

  /// Whether the bus says at once that no server runs.
  func isAbsent() async -> Bool { (try? await isRunning(deadline: .after(Self.ownerTimeout))) == false }

  // MARK: How it shows popups

  /// How the server differs from the specification, as far as is known.
  var quirks: NotificationServerQuirks { knownQuirks ?? .standard }

  /// Whether the server shows one popup at a time.
  var showsOne: Bool { quirks.room?.popups == 1 }

  /// See ``NotificationServerQuirks/lock``.
  var lock: NotificationServerQuirks.Lock? { quirks.lock }

  /// Whether the server may take a popup and hide it without telling.
  func mayHide(_ content: PopupContent, onX11 isX11: Bool) -> Bool {
    switch quirks.hides {
    case nil: false
    case .any: true
    case .anyButCritical: content.urgency != .critical
    case .anyOnX11: isX11
    }
  }

  /// Whether the server reports that it is set to "do not disturb". It isn't taken to be if there is no answer by the
  /// deadline, or within a second.
  func isQuiet(deadline: Deadline) async -> Bool {
    guard case .settings(let settings, _) = quirks.quiet else { return false }
    let deadline = min(deadline, .after(Self.questionTimeout))
    for setting in settings where await read(setting, deadline: deadline) == .boolean(true) { return true }
    return false
  }

  /// Asks whether the server's settings would make it accept a popup and not show it.
  ///
  /// - Parameters:
  ///   - content: what the popup says.
  ///   - deadline: the time by which the server must answer, at most a second from now. Without an answer, nothing is
  ///     held back.
  /// - Returns: the reason; `nil` if they wouldn't.
  func reasonForKeepingBack(_ content: PopupContent, deadline: Deadline = .never) async -> String? {
    if case .settings(_, showsCritical: true) = quirks.quiet, content.urgency == .critical { return nil }
    return await isQuiet(deadline: deadline) ? NotificationServerError.quiet : nil
  }

  private func read(_ setting: DesktopSetting, deadline: Deadline) async -> Value? {
    let remote = Remote(destination: setting.destination, path: setting.path, interface: setting.interface)
    let answer = try? await connection.call(
      remote, setting.method, setting.arguments.map(Value.string),
      deadline: deadline)
    if case .variant(let value)? = answer?.first { return value }
    return answer?.first
  }

  // MARK: Errors

  /// Makes a call of the server, and translates its errors into those that senders get.
  ///
  /// - Throws: `Failed`, with the reason; `BusError`.
  func explained(_ call: @MainLoop () async throws -> [Value]) async throws -> [Value] {
    do {
      return try await call()
    } catch BusError.timedOut {
      throw await silence()
    } catch let error as BusError {
      throw NotificationServerError.explanation(of: error) ?? error
    }
  }

  /// Returns the error for a missing answer. The server that should answer may be one that is to be started and doesn't
  /// come up.
  func silence() async -> any Error {
    if connection.isFlooded { return MessengerError(.failed, "the session bus sends too much") }
    return NotificationServerError.silence(isRunning: await !isAbsent())
  }
}
