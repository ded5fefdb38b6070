internal import CGIO

extension Connection {
  /// Calls `handler` for each matching signal that arrives, until the connection ends. The bus is not asked to send
  /// them: that is the caller's task (``addMatch(_:)``). A sender is given by its unique name.
  ///
  /// - Returns: the subscription, which can be cancelled.
  @discardableResult
  public func subscribe(_ filter: SignalFilter, _ handler: @escaping @MainLoop (Signal) -> Void) -> Subscription {
    add(filter, rule: nil, handler)
  }

  /// Asks the bus for matching signals, and calls `handler` for each, until the connection ends. A sender may be given
  /// by its well-known name. Then only signals of the name's owner count, because anybody may send a signal to this
  /// connection that claims to be from somebody else's object.
  ///
  /// - Returns: the subscription, which can be cancelled.
  @discardableResult
  public func follow(_ filter: SignalFilter, _ handler: @escaping @MainLoop (Signal) -> Void) -> Subscription {
    // Before the signals, so that the answer that names the owner comes before the first of them.
    if let sender = filter.sender, NameOwners.isWellKnown(sender) { watchOwner(of: sender) }
    let rule = filter.rule
    addMatch(rule)
    return add(filter, rule: rule, handler)
  }

  /// Stops calling a handler.
  public func cancel(_ subscription: Subscription) {
    guard let index = subscriptions.firstIndex(where: { $0.id == subscription.id }) else { return }
    if let rule = subscriptions.remove(at: index).rule { removeMatch(rule) }
  }

  /// Asks the bus for the signals that a match rule describes (D-Bus Specification, Match Rules), from the next message
  /// on.
  public func addMatch(_ rule: String) { post(.bus, "AddMatch", [.string(rule)]) }

  /// Takes one ``addMatch(_:)`` back.
  public func removeMatch(_ rule: String) { post(.bus, "RemoveMatch", [.string(rule)]) }

  /// Sends a signal to one connection, or with `nil` to everybody who asked for it.
  ///
  /// - Throws: ``BusError/local(_:)`` if D-Bus can't carry it.
  public func emit(_ member: String, _ arguments: [Value], from remote: Remote, to destination: String?) throws {
    try remote.validateSource(member: member)
    guard destination.map({ g_dbus_is_name($0) != 0 }) ?? true else {
      throw BusError.local("no bus name: \(destination ?? "")")
    }
    let body = try Value.makeTuple(arguments)
    let message = g_dbus_message_new_signal(remote.path, remote.interface, member)
    defer { g_object_unref(gpointer(message)) }
    g_dbus_message_set_body(message, body)
    if let destination { g_dbus_message_set_destination(message, destination) }
    send(try OutgoingMessage(message))
  }

  private func add(
    _ filter: SignalFilter, rule: String?, _ handler: @escaping @MainLoop (Signal) -> Void
  ) -> Subscription {
    lastSubscription += 1
    if ending == nil {
      subscriptions.append(Subscriber(id: lastSubscription, filter: filter, rule: rule, handler: handler))
    }
    return Subscription(id: lastSubscription)
  }

  private func watchOwner(of name: String) {
    guard owners.watch(name) else { return }
    addMatch(
      SignalFilter(
        sender: Remote.bus.destination, interface: Remote.bus.interface, member: "NameOwnerChanged", argument0: name
      ).rule)
    guard let question = try? PreparedCall(.bus, "GetNameOwner", [.string(name)]) else { return }
    _ = ask(question) { [weak self] answer in self?.owners.note(answer.arguments.first?.string ?? "", of: name) }
  }
}

/// A receiver of signals.
struct Subscriber {
  let id: UInt32
  let filter: SignalFilter
  /// The match rule that the bus was given for it.
  let rule: String?
  let handler: @MainLoop (Signal) -> Void
}
