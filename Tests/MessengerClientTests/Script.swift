import Foundation
import Testing

@testable import MessengerClient

/// A shell script in the place of ssh or of polkit's agent, in a folder of its own, which it knows as `$dir`. A named
/// pipe `$dir/pipe` is there.
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

  /// A client that runs the script. Its deadline is for what comes at once unless something is broken.
  func client(_ host: String = "web1", connectTimeout: Duration = .seconds(20)) throws -> Client {
    Client(host: try RemoteHost(host), connectTimeout: connectTimeout, ssh: command)
  }

  /// How it is started: more arguments may follow.
  var command: [String] { ["/bin/sh", "-c", text, "script"] }

  /// The error that a call ends with.
  func failure(connectTimeout: Duration = .seconds(20)) throws -> ClientError {
    let client = try client(connectTimeout: connectTimeout)
    return try #require(throws: ClientError.self) { try client.withdraw(1) }
  }

  /// What it got instead of ssh.
  var arguments: [String] { lines("arguments") }

  /// The lines of a file in its folder. A pipe's come when there is a writer, and end with it: Foundation, which would
  /// open it with `O_NONBLOCK` and take nothing from it, is handed a pipe that is open.
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
