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
    let connection = Connection(socket: try TestSocket.authenticated(at: path), admitting: .some)
    try await connection.join(deadline: .patient)
    return connection
  }
}

extension Connection.Admission {
  /// What the tests' services answer and send.
  static let some = Self(signals: ["", "s"], answers: ["", "s", "u", "b"])
}
