internal import CConnect
internal import Foundation

/// A stand-in for `msgd-connect` in tests within one process. It does everything as the user who runs the tests, and
/// refuses nothing. The real one needs privileges, and has its own tests (Tests/PrivateBus).
package final class FakeHelper: Sendable {
  /// The one that tests share.
  package static let shared: FakeHelper = {
    do { return try FakeHelper() } catch { fatalError("\(error)") }
  }()

  /// The path of its socket.
  package let path: String
  private let listener: Int32

  /// Listens, and answers from a thread of its own for the rest of the process's life.
  package init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "helper-\(UUID().uuidString)").path
    listener = try UnixSocket.listenForPackets(at: path)
    Thread.detachNewThread { [listener] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { continue }
        Self.serve(client)
        close(client)
      }
    }
    atexit { unlink(FakeHelper.shared.path) }
  }

  private static func serve(_ client: Int32) {
    var request = msg_connect_request()
    guard recv(client, &request, MemoryLayout.size(ofValue: request), 0) > 0 else { return }
    var descriptors = request.processes.0 == 0 ? [] : [emptyPipe()]
    defer { for descriptor in descriptors { close(descriptor) } }
    let name = withUnsafeBytes(of: request.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    var reply = msg_connect_reply()
    if request.text_size > 0 { reply.fault = MSG_CONNECT_WRITTEN.rawValue }
    do {
      if !name.isEmpty { descriptors.append(try UnixSocket.connect(to: name, blocks: false)) }
    } catch {
      let number = (error as? POSIXError)?.code.rawValue ?? EIO
      reply = msg_connect_reply(fault: MSG_CONNECT_FAILED.rawValue, detail: UInt32(number))
    }
    msg_connect_answer(client, reply, descriptors, descriptors.count)
  }

  /// A pipe with the answer for processes without an environment.
  private static func emptyPipe() -> Int32 {
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    close(ends[1])
    return ends[0]
  }
}
