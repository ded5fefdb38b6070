internal import GBus

extension SessionBus {
  /// The user's service manager.
  static let manager = Remote(
    destination: "org.freedesktop.systemd1", path: "/org/freedesktop/systemd1",
    interface: "org.freedesktop.systemd1.Manager")

  private static let getEnvironment = PreparedCall(
    known: Remote(
      destination: manager.destination, path: manager.path, interface: "org.freedesktop.DBus.Properties"),
    "Get", [.string(manager.interface), .string("Environment")])

  /// How long it may take to tell the session's environment, without which popups are in English.
  private static let environmentPatience: Duration = .seconds(1)

  /// For how long an answer counts. At the beginning of a session its environment changes, and later it may.
  private static let environmentLifetime: Duration = .seconds(5)

  /// Joins a user's bus as that user, and asks for the session's environment.
  ///
  /// An environment may be longer than a message that a session bus may send, which ends the connection: then it is
  /// joined again, and not asked.
  ///
  /// - Throws: `Failed`, with the reason.
  static func joinWithEnvironment(
    as user: User, at address: BusAddress, through helper: ConnectHelper, deadline: Deadline
  ) async throws -> SessionBus {
    let bus = try await connect(as: user, to: address, through: helper, deadline: deadline)
    let question = bus.connection.ask(getEnvironment)
    try await bus.join(deadline: deadline)
    await bus.takeEnvironment(question, deadline: deadline)
    guard bus.connection.ending != nil else { return bus }
    return try await join(as: user, at: address, through: helper, deadline: deadline)
  }

  /// Asks for the session's environment again where that was some time ago.
  func refreshEnvironment(deadline: Deadline) async {
    guard hasManager, environmentAsked + Self.environmentLifetime <= .now else { return }
    await takeEnvironment(connection.ask(Self.getEnvironment), deadline: deadline)
  }

  private func takeEnvironment(_ question: Connection.Question, deadline: Deadline) async {
    environmentAsked = .now
    let answer = try? await question.answer(by: min(deadline, .after(Self.environmentPatience)))
    guard case .variant(let value) = answer?.first else { return }
    environment = SessionEnvironment(value.strings ?? [])
    hasManager = true
  }
}
