internal import CConnect
internal import Foundation

/// A stand-in for a `msgd-connect` that is too busy: it accepts requests, and answers none.
package final class SilentHelper: Sendable {
  /// The path of its socket.
  package let path: String
  private let listener: Int32

  /// Begins to listen.
  package init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "helper-\(UUID().uuidString)").path
    listener = try UnixSocket.listenForPackets(at: path)
  }

  deinit {
    close(listener)
    unlink(path)
  }

  /// Waits for the next request.
  ///
  /// - Returns: the user to become, and the connection, which the caller must close.
  package func next() -> (uid: UInt32, client: Int32) {
    let client = accept(listener, nil, nil)
    var request = msg_connect_request()
    recv(client, &request, MemoryLayout.size(ofValue: request), 0)
    return (request.uid, client)
  }
}
