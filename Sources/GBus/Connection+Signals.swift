internal import CGIO

/// A signal as it came in.
public struct Signal: Sendable {
  /// The sender's unique name; empty where there is no bus between.
  public let sender: String
  /// The object that sent it.
  public let path: String
  /// Its name.
  public let member: String
  /// What it carries.
  public let arguments: [Value]
}

/// Which signals; `nil` is any.
public struct SignalFilter: Sendable {
  /// A unique or well-known name.
  public var sender: String?
  /// The object.
  public var path: String?
  /// The interface.
  public var interface: String?
  /// The signal.
  public var member: String?
  /// The first argument, a string.
  public var argument0: String?

  /// Signals that fit everything that is given.
  public init(
    sender: String? = nil, path: String? = nil, interface: String? = nil, member: String? = nil,
    argument0: String? = nil
  ) {
    self.sender = sender
    self.path = path
    self.interface = interface
    self.member = member
    self.argument0 = argument0
  }
}

/// Signals that a handler is called for.
public struct Subscription: Sendable {
  let id: guint
}

extension Connection {
  /// Calls `handler` for each signal that fits, until the connection ends.
  ///
  /// On a connection that ``join(socket:deadline:)`` made, GDBus can't tell who owns a well-known name: give a unique name
  /// or no sender, and check each signal's.
  ///
  /// - Returns: what ends it before.
  @discardableResult
  public func subscribe(
    _ filter: SignalFilter, _ handler: @escaping @MainLoop (Signal) -> Void
  ) -> Subscription {
    let flags = g_dbus_connection_get_flags(pointer).rawValue
    let knowsOwners = flags & G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION.rawValue != 0
    let action: @MainLoop (Signal) -> Void = { signal in
      if knowsOwners || filter.sender == nil || filter.sender == signal.sender { handler(signal) }
    }
    let subscription = g_dbus_connection_signal_subscribe(
      pointer, knowsOwners ? filter.sender : nil, filter.interface, filter.member, filter.path, filter.argument0,
      G_DBUS_SIGNAL_FLAGS_NONE,
      { _, sender, path, _, member, parameters, data in
        guard let path, let member, let parameters else { return }
        Box<@MainLoop (Signal) -> Void>.peek(data)?(
          Signal(
            sender: sender.map { String(cString: $0) } ?? "", path: String(cString: path),
            member: String(cString: member), arguments: Value.children(of: parameters)))
      }, Box(action).retainedPointer(), Box<@MainLoop (Signal) -> Void>.release)
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
