import Foundation
import Testing

@testable import MessengerClient

/// A shell script in the place of ssh or of polkit's agent. It has a folder of its own, which it knows as `$dir`, with
/// a named pipe `$dir/pipe`.
final class Script: Sendable {
  private let folder: URL
  private let text: String

  init(_ body: String) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "ssh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try #require(mkfifo(folder.appending(path: "pipe").path, 0o600) == 0)
    text = #"dir='\#(folder.path)'; echo $$ >"$dir/pid"; printf '%s\n' "$@" >"$dir/arguments"; \#(body)"#
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// A client that runs the script. Its deadline is for results that come at once unless something is broken.
  func client(_ host: String = "web1", connectTimeout: Duration = .seconds(20)) throws -> Client {
    Client(host: try RemoteHost(host), connectTimeout: connectTimeout, ssh: command)
  }

  /// The command that starts it; more arguments may follow.
  var command: [String] { ["/bin/sh", "-c", text, "script"] }

  /// Returns the error with which a call ends.
  func failure(connectTimeout: Duration = .seconds(20)) throws -> ClientError {
    let client = try client(connectTimeout: connectTimeout)
    return try #require(throws: ClientError.self) { try client.withdraw(1) }
  }

  /// The arguments that it got in ssh's place.
  var arguments: [String] { lines("arguments") }

  /// Reads the lines of a file in its folder. Those of a pipe come when there is a writer, and end with it. Foundation
  /// would open a pipe with `O_NONBLOCK` and read nothing from it, so it is given an open one.
  func lines(_ file: String) -> [String] {
    let descriptor = open(folder.appending(path: file).path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    let text = try? FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).readToEnd()
    return text.map { String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init) } ?? []
  }

  /// Whether its process has ended and was reaped.
  var isGone: Bool { pid.map { kill($0, 0) != 0 && errno == ESRCH } ?? false }

  /// Ends the process.
  func end() {
    if let pid { kill(pid, SIGKILL) }
  }

  private var pid: pid_t? { lines("pid").first.flatMap { pid_t($0) } }
}
