internal import Foundation
internal import MessengerClient
internal import Synchronization

/// A program that a test runs, and ends at once; from any thread.
///
/// Foundation's `Process` notices an end by a socket that other children may inherit: where tests start several at the
/// same time, it may wait for ever (seen with Swift 6.3).
final class Daemon: Sendable {
  private let process: Mutex<ChildProcess>

  /// Starts a program with what it prints in a pipe, and its complaints nowhere.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - output: where it prints; the caller's.
  /// - Throws: what says why the program can't be started.
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
