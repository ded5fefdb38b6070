internal import CConnect
internal import Foundation

/// What stands for a `msgd-connect` that has too much to do: it takes requests, and answers none.
package final class SilentHelper: Sendable {
  /// Where it listens.
  package let path: String
  private let listener: Int32

  /// Listens.
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
  /// - Returns: as which user, and the connection, which is the caller's to close.
  package func next() -> (uid: UInt32, client: Int32) {
    let client = accept(listener, nil, nil)
    var request = msg_connect_request()
    recv(client, &request, MemoryLayout.size(ofValue: request), 0)
    return (request.uid, client)
  }
}
