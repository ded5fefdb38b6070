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

  init(sender: String, path: String, member: String, arguments: [Value]) {
    self.sender = sender
    self.path = path
    self.member = member
    self.arguments = arguments
  }

  /// `nil` for what is no signal.
  init?(_ message: OpaquePointer) {
    guard let path = g_dbus_message_get_path(message), let member = g_dbus_message_get_member(message) else {
      return nil
    }
    self.init(
      sender: g_dbus_message_get_sender(message).map { String(cString: $0) } ?? "", path: String(cString: path),
      member: String(cString: member),
      arguments: g_dbus_message_get_body(message).map { Value.children(of: $0) } ?? [])
  }
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

  /// Whether a signal of an interface is meant.
  func admits(_ signal: Signal, of interface: String?) -> Bool {
    func fits(_ wanted: String?, _ actual: String?) -> Bool { wanted == nil || wanted == actual }
    return fits(sender, signal.sender) && fits(path, signal.path) && fits(self.interface, interface)
      && fits(member, signal.member) && fits(argument0, signal.arguments.first?.string)
  }
}

/// Signals that a handler is called for.
public struct Subscription: Sendable {
  let id: guint
}
