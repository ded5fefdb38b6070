import CDBus
import Glibc

/// polkit's agent for terminals, pkttyagent(1). While the object lives, the agent asks on the terminal for the
/// passwords that this process's calls need.
///
/// Start one before a call of a ``Client`` whose ``Client/allowsInteraction`` is set.
public final class TextAgent {
  private let process: ChildProcess
  /// The descriptor on which the agent reports that it is ready.
  private static let notifyDescriptor: Int32 = 3

  /// Starts the agent, and returns when polkit knows it or it has given up. Nil if there is no agent. Nil also for
  /// root, who needs no password, and for a program that isn't in the foreground of a terminal, which can't ask for
  /// one.
  public convenience init?() {
    guard geteuid() != 0, tcgetpgrp(STDIN_FILENO) == getpgrp(), isatty(STDERR_FILENO) == 1 else { return nil }
    // If this process is killed, the agent mustn't live on and keep the terminal.
    self.init(command: ["setpriv", "--pdeathsig", "TERM", "pkttyagent"])
  }

  /// Starts a program with the agent's arguments.
  init?(command: [String]) {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard null >= 0 else { return nil }
    defer { close(null) }
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { return nil }
    defer { close(ends[0]) }
    // It opens the terminal itself. Its other output is dropped, because the service's answer is clearer.
    let process = try? ChildProcess(
      command + ["--notify-fd", "\(Self.notifyDescriptor)", "--fallback"], descriptors: [null, null, null, ends[1]])
    close(ends[1])
    guard let process else { return nil }
    self.process = process
    Self.waitForEnd(of: ends[0])
  }

  /// Ends the agent and gives the terminal back.
  public func end() {
    process.end()
  }

  /// Waits until the agent closes its end: when polkit knows it, or else when it exits.
  private static func waitForEnd(of descriptor: Int32) {
    var byte: UInt8 = 0
    while true {
      let count = read(descriptor, &byte, 1)
      guard count > 0 || count < 0 && errno == EINTR else { return }
    }
  }
}
