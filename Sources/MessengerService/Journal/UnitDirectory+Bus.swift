internal import GBus

// The questions to the system bus and systemd.
extension UnitDirectory {
  private static let systemd = Remote(
    destination: "org.freedesktop.systemd1", path: "/org/freedesktop/systemd1",
    interface: "org.freedesktop.systemd1.Manager")

  /// The errors for a systemd without `GetUnitByPIDFD`. The bus may refuse the call before systemd does, because
  /// systemd's policy lists the methods that everybody may call.
  private static let unknown: Set = [
    "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.UnknownMethod",
  ]

  /// Makes a directory that asks over the system bus.
  ///
  /// - Parameters:
  ///   - connection: the system bus.
  ///   - timeout: how long systemd may take for an answer.
  convenience init(connection: Connection, timeout: Duration) {
    self.init(
      findByPidfd: { await Self.find(byPidfdOf: $0, on: connection, deadline: .after(timeout)) },
      find: { pid in
        try? await connection.call(Self.systemd, "GetUnitByPID", [.uint32(pid)], deadline: .after(timeout)).first
      },
      look: { path, ownership in
        let properties = Remote(
          destination: Self.systemd.destination, path: path, interface: "org.freedesktop.DBus.Properties")
        let names = [Value.string(ownership.interface), .string(ownership.property)]
        let answer = try? await connection.call(properties, "Get", names, deadline: .after(timeout)).first
        return if case .variant(let value) = answer { value } else { nil }
      })
  }

  private static func find(
    byPidfdOf busName: String, on connection: Connection, deadline: Deadline
  ) async -> Knowledge {
    guard let pidfd = await pidfd(of: busName, on: connection, deadline: deadline) else { return .none }
    do {
      let question = try PreparedCall(systemd, "GetUnitByPIDFD", [.handle(0)], passing: pidfd)
      // The answer has the unit's object path, its name, and its invocation id (org.freedesktop.systemd1(5)).
      return .unit(try await connection.call(question, deadline: deadline).dropFirst().first?.string)
    } catch BusError.remote(let name, _) where unknown.contains(name) {
      return .none
    } catch {
      return .unit(nil)
    }
  }

  /// Asks for a pidfd of the process that opened a connection (D-Bus Specification, `GetConnectionCredentials`).
  private static func pidfd(of busName: String, on connection: Connection, deadline: Deadline) async -> Descriptor? {
    var pidfd: Descriptor?
    let question = try? PreparedCall(.bus, "GetConnectionCredentials", [.string(busName)]).takingDescriptors
    guard let question else { return nil }
    _ = try? await connection.call(question, deadline: deadline) { answer in
      pidfd = answer.descriptor(answer.arguments.first?.dictionary?["ProcessFD"])
    }
    return pidfd
  }
}
