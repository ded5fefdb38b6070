import CDBus
import Glibc
package import Platform

/// A program that runs for this process: ssh, which carries a connection, or polkit's text agent. It ends with the
/// object and is reaped; for use by one thread at a time.
package final class ChildProcess {
  /// How long it may take to end after SIGTERM.
  private static let terminationTimeout: Duration = .seconds(1)

  private let pid: pid_t
  private var ending: BridgeEnding?
  /// Passes on its standard error. Nil if nothing does.
  private let errors: ErrorRelay?

  /// Starts a program, found through `PATH`. It may ask for a password on the terminal.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - descriptors: what become its open files 0, 1, 2 and so on; it has no others. None is one of the first three,
  ///     unless in its own place.
  /// - Throws: a ``SystemError`` if there is no such program, or no room for a process.
  package convenience init(_ command: [String], descriptors: [Int32]) throws(SystemError) {
    try self.init(command, descriptors: descriptors, errors: nil)
  }

  /// Starts a program. `errors`, if given, passes on its standard error.
  init(_ command: [String], descriptors: [Int32], errors: ErrorRelay?) throws(SystemError) {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    for (target, descriptor) in descriptors.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, Int32(descriptors.count))
    Self.resetSignals(&attributes)

    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let result = posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, environ)
    guard result == 0 else { throw SystemError("can't run \(command[0])", result) }
    self.pid = pid
    self.errors = errors
    errors?.release()
  }

  deinit {
    end()
  }

  /// Ends the process if it still runs, and lets it tidy up: ssh may have turned off the terminal's echo.
  func end() {
    guard isUnderWay else { return }
    kill(pid, SIGTERM)
    kill(pid, SIGCONT)
    ending = wait(until: .after(Self.terminationTimeout))
    _ = endAfterLoss()
  }

  /// How the process ended, after libdbus has lost the connection. A process that has exited has its own status. One
  /// that still runs has sent something that isn't D-Bus, and is killed. SIGTERM wouldn't do: ssh would exit with a
  /// status.
  package func endAfterLoss() -> BridgeEnding {
    if isUnderWay {
      kill(pid, SIGKILL)
      ending = reap(0)
    }
    errors?.finish()
    return ending ?? .unknown
  }

  /// Whether the process id still belongs to the process. It may not if other code in this process reaps children.
  private var isUnderWay: Bool {
    if ending == nil { ending = reap(WNOHANG) }
    return ending == nil
  }

  /// Waits for the end. Nil at the deadline. It polls, because waiting with a deadline would change signal handling.
  private func wait(until deadline: Deadline) -> BridgeEnding? {
    var pause: useconds_t = 500
    while true {
      if let ending = reap(WNOHANG) { return ending }
      guard deadline.remaining > .zero else { return nil }
      usleep(pause)
      pause = min(2 * pause, 20_000)
    }
  }

  /// How the process ended. Nil if it still runs.
  private func reap(_ options: Int32) -> BridgeEnding? {
    var status: Int32 = 0
    while true {
      switch waitpid(pid, &status, options) {
      case 0: return nil
      case pid: return Self.ending(status)
      default: if errno != EINTR { return .unknown }
      }
    }
  }

  /// wait(2)'s macros, which Swift doesn't import.
  private static func ending(_ status: Int32) -> BridgeEnding {
    status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .killed
  }

  /// Resets the signals that the child needs. It would inherit those that this thread blocks or this process ignores,
  /// as libdbus makes it ignore SIGPIPE. Other ignored signals, such as SIGHUP, stay ignored.
  private static func resetSignals(_ attributes: inout posix_spawnattr_t) {
    var none = sigset_t()
    sigemptyset(&none)
    var reset = none
    for signal in [SIGCHLD, SIGPIPE, SIGTERM] { sigaddset(&reset, signal) }
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &reset)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
  }
}
