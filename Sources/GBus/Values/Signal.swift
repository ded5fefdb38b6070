internal import CGIO

/// A signal that was received.
public struct Signal: Sendable {
  /// The sender's unique name; empty if there is no bus between.
  public let sender: String
  /// The path of the object that sent it.
  public let path: String
  /// The signal's name.
  public let member: String
  /// The signal's arguments.
  public let arguments: [Value]

  init(sender: String, path: String, member: String, arguments: [Value]) {
    self.sender = sender
    self.path = path
    self.member = member
    self.arguments = arguments
  }

  /// Reads a signal; `nil` if the message isn't one.
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

/// A selection of signals; `nil` means any.
public struct SignalFilter: Sendable {
  /// The sender's unique or well-known name.
  public var sender: String?
  /// The object's path.
  public var path: String?
  /// The interface's name.
  public var interface: String?
  /// The signal's name.
  public var member: String?
  /// The first argument, a string.
  public var argument0: String?

  /// Selects the signals that match all given values.
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

  /// Whether a signal with this header may match.
  func admits(_ header: SignalFilter, _ owners: NameOwners) -> Bool {
    func fits(_ wanted: String?, _ actual: String?) -> Bool { wanted == nil || wanted == actual }
    return sender.map { owners.fits($0, header.sender ?? "") } ?? true && fits(path, header.path)
      && fits(interface, header.interface) && fits(member, header.member)
  }

  /// Whether a signal with these arguments may match.
  func admits(_ arguments: [Value]) -> Bool { argument0 == nil || argument0 == arguments.first?.string }

  /// The match rule for these signals (D-Bus Specification, Match Rules).
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

/// A subscription of a handler to signals.
public struct Subscription: Sendable {
  let id: UInt32
}
