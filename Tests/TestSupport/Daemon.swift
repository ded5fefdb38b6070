internal import Foundation
internal import MessengerClient
internal import Synchronization

/// A program that a test runs, and can end at once, from any thread.
///
/// Foundation's `Process` notices an end by a socket that other children may inherit. If tests start several at the
/// same time, it may wait forever (seen with Swift 6.3).
final class Daemon: Sendable {
  private let process: Mutex<ChildProcess>

  /// Starts a program, with its output going to a pipe and its errors nowhere.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - output: the descriptor for its output, which the caller keeps.
  /// - Throws: an error that says why the program can't be started.
  init(_ command: [String], output: Int32) throws {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    process = Mutex(try ChildProcess(command, descriptors: [null, output, null]))
  }

  deinit { end() }

  /// Kills the program, and returns when it is gone.
  func end() {
    process.withLock { _ = $0.endAfterLoss() }
  }
}
