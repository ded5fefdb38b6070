import ArgumentParser

extension Program {
  /// Its options and arguments, as ArgumentParser knows them.
  var options: any ParsableCommand.Type {
    switch self {
    case .msg: MsgOptions.self
    case .netSend: NetSendOptions.self
    case .querySession: QuerySessionOptions.self
    }
  }
}
