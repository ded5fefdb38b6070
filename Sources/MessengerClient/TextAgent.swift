import CDBus
import Glibc

/// polkit's agent for terminals, pkttyagent(1): it asks there for the passwords that this process's calls need, as long
/// as the object lives.
///
/// Start one before a call of a ``Client`` whose ``Client/allowsInteraction`` is set.
public final class TextAgent {
  private let process: ChildProcess
  /// Where the agent reports.
  private static let notifyDescriptor: Int32 = 3

  /// Starts the agent, and returns when polkit knows of it or it has given up; nil where there is none, and for
  /// programs that are root's or not in the foreground of a terminal: nobody could be asked for them, or need be.
  public convenience init?() {
    guard geteuid() != 0, tcgetpgrp(STDIN_FILENO) == getpgrp(), isatty(STDERR_FILENO) == 1 else { return nil }
    // So that it doesn't outlive a process that is killed, and keep the terminal.
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
    // It opens the terminal itself. What else it may say, the service's answer says better.
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

  /// The agent closes its end when polkit knows of it, and else when it exits.
  private static func waitForEnd(of descriptor: Int32) {
    var byte: UInt8 = 0
    while true {
      let count = read(descriptor, &byte, 1)
      guard count > 0 || count < 0 && errno == EINTR else { return }
    }
  }
}
