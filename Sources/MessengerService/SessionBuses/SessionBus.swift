internal import GBus
internal import MessengerContract

/// A user's session bus, joined as that user.
@MainLoop
final class SessionBus {
  /// The connection that carries the messages.
  let connection: Connection
  /// The bus's address.
  let address: BusAddress
  /// The bus's own id, which it sends with `OK` (D-Bus Specification, Authentication Protocol); `nil` if it has none.
  let id: String?

  /// Signals: `ActionInvoked`, `NotificationClosed`, `NameOwnerChanged`, `ActiveChanged`. Answers to
  /// `CloseNotification`, `GetNameOwner` (and errors), `Notify`, `GetCapabilities`, `GetServerInformation`, `Get` of
  /// the environment and of "do not disturb", `Eval`, `GetActive`. For windows: `JobRemoved`, `StartTransientUnit`.
  private static let admission = Connection.Admission(
    signals: ["us", "uu", "sss", "b", "uoss"], answers: ["", "s", "u", "as", "ssss", "v as", "v b", "b", "o"])

  private init(connection: Connection, address: BusAddress, id: String?) {
    self.connection = connection
    self.address = address
    self.id = id
  }

  /// Connects to a user's bus as that user. Calls that are made before ``join(deadline:)`` go out together with Hello.
  ///
  /// - Throws: `Failed`, with the reason.
  static func connect(
    as user: User, to address: BusAddress, through helper: ConnectHelper, deadline: Deadline
  ) async throws -> SessionBus {
    let (socket, id, passesDescriptors) = try await SessionBusSocket.connect(
      as: user, to: address, through: helper, deadline: deadline)
    let connection = Connection(socket: socket, admitting: admission, passesDescriptors: passesDescriptors)
    return SessionBus(connection: connection, address: address, id: id)
  }

  /// Waits until the bus has admitted the connection.
  ///
  /// - Throws: `Failed`, with the reason.
  func join(deadline: Deadline) async throws {
    do {
      try await connection.join(deadline: deadline)
    } catch BusError.timedOut {
      throw MessengerError(.failed, "the session bus does not answer")
    } catch BusError.closed {
      throw MessengerError(.failed, "the session bus hung up")
    } catch BusError.ended(let act) {
      throw MessengerError(.failed, "the session bus \(Quotation(act))")
    } catch BusError.remote(_, let message) {
      throw MessengerError(.failed, "the session bus let nobody in: \(Quotation(message))")
    } catch {
      throw MessengerError(.failed, "the session bus let nobody in: \(error)")
    }
  }

  /// Whether the bus has ended.
  var isClosed: Bool { connection.isClosed }

  /// Whether the bus sent more than it may.
  var isFlooded: Bool { connection.isFlooded }

  /// Leaves the bus.
  func close() { connection.close() }
}
