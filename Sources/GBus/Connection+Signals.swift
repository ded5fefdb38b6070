internal import CGIO

extension Connection {
  /// Calls `handler` for each signal that fits, until the connection ends.
  ///
  /// - Returns: what ends it before.
  @discardableResult
  public func subscribe(
    _ filter: SignalFilter, _ handler: @escaping @MainLoop (Signal) -> Void
  ) -> Subscription {
    let subscription = g_dbus_connection_signal_subscribe(
      pointer, filter.sender, filter.interface, filter.member, filter.path, filter.argument0,
      G_DBUS_SIGNAL_FLAGS_NONE,
      { _, sender, path, _, member, parameters, data in
        guard let path, let member, let parameters else { return }
        Box<@MainLoop (Signal) -> Void>.peek(data)?(
          Signal(
            sender: sender.map { String(cString: $0) } ?? "", path: String(cString: path),
            member: String(cString: member), arguments: Value.children(of: parameters)))
      }, Box(handler).retainedPointer(), Box<@MainLoop (Signal) -> Void>.release)
    if subscription != 0 { subscriptions.append(subscription) }
    return Subscription(id: subscription)
  }

  /// Calls a handler no more.
  public func cancel(_ subscription: Subscription) {
    guard let index = subscriptions.firstIndex(of: subscription.id) else { return }
    g_dbus_connection_signal_unsubscribe(pointer, subscriptions.remove(at: index))
  }

  /// Sends a signal to one connection, or with `nil` to everybody who asked for it.
  public func emit(_ member: String, _ arguments: [Value], from remote: Remote, to destination: String?) throws {
    try remote.validateSource(member: member)
    guard destination.map({ g_dbus_is_name($0) != 0 }) ?? true else {
      throw BusError.local("no bus name: \(destination ?? "")")
    }
    let arguments = try Value.makeTuple(arguments)
    _ = try throwing {
      g_dbus_connection_emit_signal(
        pointer, destination, remote.path, remote.interface, member, arguments, &$0) != 0 ? true : nil
    }
  }
}
