/// The programs that this one is, told apart by the name under which it was started.
public enum Program: String, Sendable, CaseIterable {
  case msg
  case netSend = "net-send"
  case querySession = "query-session"

  /// The program of that name; ``msg`` under any other.
  ///
  /// - Parameter path: the name or path by which it was started.
  public init(path: String) {
    self = path.split(separator: "/").last.flatMap { Program(rawValue: String($0)) } ?? .msg
  }
}
