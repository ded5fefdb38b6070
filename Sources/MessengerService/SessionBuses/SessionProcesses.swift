internal import Glibc

/// The processes of a session, as the kernel lists them for everybody.
enum SessionProcesses {
  /// The places of cgroups: the unified hierarchy or, on older systems, systemd's own.
  private static let hierarchies = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]

  /// Returns the first processes in a session's scope, approximately in the order of their start.
  static func first(of session: LoginSession) -> [pid_t] {
    let scope = "user.slice/user-\(session.user.uid).slice/\(session.scope)"
    for hierarchy in hierarchies {
      guard let text = beginning(of: "\(hierarchy)/\(scope)/cgroup.procs") else { continue }
      return text.split(separator: "\n").compactMap { pid_t($0) }
    }
    return []
  }

  /// Reads the beginning of a file; `nil` if it can't be opened.
  private static func beginning(of path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }
}
