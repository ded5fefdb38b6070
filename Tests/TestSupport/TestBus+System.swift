internal import Foundation
package import GBus

extension TestBus {
  /// Connects as to the system bus.
  ///
  /// The environment is the process's, so nothing may wait between setting and reading it: both happen in one piece of
  /// the main loop's code.
  @MainLoop
  package func connect() async throws -> Connection {
    setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1)
    return try await Connection.system()
  }
}
