internal import Foundation
internal import Synchronization

/// A program that a test runs, and ends at once.
///
/// Foundation's `Process` notices an end by a socket that other children may inherit: where tests start several at the same
/// time, it may wait for ever (seen with Swift 6.3).
final class ChildProcess: Sendable {
  private let pid: Mutex<pid_t?>

  /// Starts a program with what it prints in a pipe, and its complaints nowhere.
  ///
  /// - Parameters:
  ///   - path: the program.
  ///   - arguments: its arguments.
  ///   - output: where it prints; the caller's.
  /// - Throws: `POSIXError` where the program can't be started.
  init(_ path: String, _ arguments: [String], output: Int32) throws {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    // A test's thread may block SIGCHLD; a daemon that inherits that waits in vain for the programs that it starts.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, path, &actions, &attributes, &words, environ)
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EINVAL) }
    self.pid = Mutex(pid)
  }

  deinit { end() }

  /// Kills the program, and returns when it is gone.
  func end() {
    pid.withLock { pid in
      guard let running = pid else { return }
      kill(running, SIGKILL)
      while waitpid(running, nil, 0) < 0, errno == EINTR {}
      pid = nil
    }
  }
}
