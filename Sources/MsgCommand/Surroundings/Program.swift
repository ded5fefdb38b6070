/// The programs in this executable. The name by which it was started chooses one.
public enum Program: String, Sendable, CaseIterable {
  case msg
  case netSend = "net-send"
  case querySession = "query-session"
  case wall = "msg-wall"

  /// The program with that name, or ``msg`` for any other name.
  ///
  /// - Parameter path: the name or path by which it was started.
  public init(path: String) {
    self = path.split(separator: "/").last.flatMap { Program(rawValue: String($0)) } ?? .msg
  }
}
