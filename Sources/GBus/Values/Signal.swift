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

  /// Whether a signal with this header may be meant.
  func admits(_ header: SignalFilter, _ owners: NameOwners) -> Bool {
    func fits(_ wanted: String?, _ actual: String?) -> Bool { wanted == nil || wanted == actual }
    return sender.map { owners.fits($0, header.sender ?? "") } ?? true && fits(path, header.path)
      && fits(interface, header.interface) && fits(member, header.member)
  }

  /// Whether a signal with these arguments may be meant.
  func admits(_ arguments: [Value]) -> Bool { argument0 == nil || argument0 == arguments.first?.string }

  /// The match rule for such signals (D-Bus Specification, Match Rules).
  var rule: String {
    let terms = [
      ("sender", sender), ("path", path), ("interface", interface), ("member", member), ("arg0", argument0),
    ]
    return terms.reduce("type='signal'") { rule, term in
      term.1.map {
        rule + ",\(term.0)='"
          + $0.split(separator: "'", omittingEmptySubsequences: false)
          .joined(separator: "'\\''") + "'"
      } ?? rule
    }
  }
}

/// Signals that a handler is called for.
public struct Subscription: Sendable {
  let id: UInt32
}
