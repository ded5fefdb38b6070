import Foundation
import GBus
import TestSupport

extension TestBus {
  /// The path of the daemon's socket, without the rest of the address.
  var path: String {
    String(address.dropFirst("unix:path=".count).prefix { $0 != "," })
  }

  /// Makes a connection like one to a user's bus.
  @MainLoop
  func join() async throws -> Connection {
    let connection = Connection(socket: try TestSocket.authenticated(at: path), admitting: .some)
    try await connection.join(deadline: .patient)
    return connection
  }
}

extension Connection.Admission {
  /// The signatures of the tests' services.
  static let some = Self(signals: ["", "s"], answers: ["", "s", "u", "b"])
}
