internal import CImpersonation
internal import Glibc

/// What a session's processes say in their environment, read as the session's user: nobody else may.
enum SessionBusEnvironment {
  /// How many processes are asked: the first ones are those that the desktop is made of.
  static let mostProcesses = 64
  /// How much is read of each.
  static let mostBytes = 64 << 10

  /// Where cgroups are: the unified hierarchy or, on older systems, systemd's own.
  private static let hierarchies = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]

  /// The buses that the processes of a session name. Blocks, for ever where one of them maps its environment from a
  /// file system that doesn't answer.
  static func names(in session: Session) -> SessionBusNames {
    names(by: processes(in: session), of: session.user)
  }

  /// The buses that a user's processes name. Those that have ended, and those that aren't the user's, say nothing.
  static func names(by processes: [pid_t], of user: User) -> SessionBusNames {
    var names = SessionBusNames()
    var buffer = [UInt8](repeating: 0, count: mostBytes)
    for process in processes.prefix(mostProcesses) {
      let count = msg_read_as(user.uid, user.gid, "/proc/\(process)/environ", &buffer, buffer.count)
      if count > 0 { names.read(buffer[..<count]) }
    }
    return names
  }

  /// The processes in a session's scope, about in the order of their start.
  private static func processes(in session: Session) -> [pid_t] {
    let scope = "user.slice/user-\(session.user.uid).slice/\(session.scope)"
    for hierarchy in hierarchies {
      guard let text = beginning(of: "\(hierarchy)/\(scope)/cgroup.procs") else { continue }
      return text.split(separator: "\n").compactMap { pid_t($0) }
    }
    return []
  }

  /// The beginning of a file; `nil` where it can't be opened.
  private static func beginning(of path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }
}
