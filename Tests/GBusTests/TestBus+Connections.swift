import Foundation
import GBus
import TestSupport

extension TestBus {
  /// The daemon's socket, without what follows it in the address.
  var path: String {
    String(address.dropFirst("unix:path=".count).prefix { $0 != "," })
  }

  /// Connects as to the system bus.
  ///
  /// The environment is the process's, so nothing may wait between setting and reading it: both happen in one piece of
  /// the main loop's code.
  @MainLoop
  func connect() async throws -> Connection {
    setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1)
    return try await Connection.system()
  }

  /// Connects as to a user's bus.
  @MainLoop
  func join() async throws -> Connection {
    try await Connection.join(socket: try TestSocket.authenticated(at: path), deadline: .patient)
  }
}
