import Foundation
import GBus
import TestSupport

extension TestBus {
  /// The daemon's socket, without what follows it in the address.
  var path: String {
    String(address.dropFirst("unix:path=".count).prefix { $0 != "," })
  }

  /// Connects as to a user's bus.
  @MainLoop
  func join() async throws -> Connection {
    try await Connection.join(socket: try TestSocket.authenticated(at: path), deadline: .patient)
  }
}
