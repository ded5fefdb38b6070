import ArgumentParser

extension Program {
  /// The declaration of its options and arguments.
  var options: any ParsableCommand.Type {
    switch self {
    case .msg: MsgOptions.self
    case .netSend: NetSendOptions.self
    case .querySession: QuerySessionOptions.self
    case .wall: WallOptions.self
    }
  }
}
