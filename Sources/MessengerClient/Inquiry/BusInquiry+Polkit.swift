import CDBus
import MessengerContract

/// Questions to polkit and logind.
extension BusInquiry {
  /// polkit's decision about an action (polkit's D-Bus interface, AuthorizationResult).
  package enum Authorization: Sendable {
    case yes
    /// Only after authentication.
    case withPassword
    case no
  }

  /// The ids of the actions that polkit knows.
  package func polkitActions() throws(BusError) -> [String] {
    try ask(Self.actionsRequest()) { answer in
      try answer.array { action in
        try action.structure { fields in
          defer { fields.skipRest() }
          return try fields.string()
        }
      }
    }
  }

  /// polkit's decision about the caller, without asking for a password.
  package func authorization(for action: String) throws(BusError) -> Authorization {
    try ask(Self.authorizationRequest(for: action, of: ownName)) { answer in
      try answer.structure { fields in
        defer { fields.skipRest() }
        if try fields.boolean() { return .yes }
        return try fields.boolean() ? .withPassword : .no
      }
    }
  }

  /// The number of logins that logind knows. The sessions of service managers are none.
  package func sessionCount() throws(BusError) -> Int {
    do {
      return try sessionClasses().filter { !Session.serviceManagerClasses.contains($0) }.count
    } catch {
      // systemd 255 and older, whose policy doesn't name the method either, have no such sessions.
      guard error.isUnknownMethod || error.isDenial else { throw error }
      return try ask(Self.logindRequest("ListSessions")) { answer in
        try answer.array { session in try session.structure { $0.skipRest() } }.count
      }
    }
  }

  /// The class of each session (org.freedesktop.login1(5), `ListSessionsEx`).
  private func sessionClasses() throws(BusError) -> [String] {
    try ask(Self.logindRequest("ListSessionsEx")) { answer in
      try answer.array { session in
        try session.structure { fields in
          defer { fields.skipRest() }
          // The id, the uid, the user's name, the seat and the leader.
          _ = (try fields.string(), try fields.uint32(), try fields.string(), try fields.string())
          _ = try fields.uint32()
          return try fields.string()
        }
      }
    }
  }

  private static func logindRequest(_ method: String) throws -> BusMessage {
    try BusMessage(
      destination: "org.freedesktop.login1", path: "/org/freedesktop/login1",
      interface: "org.freedesktop.login1.Manager", method: method)
  }

  private static func polkitRequest(_ method: String) throws -> BusMessage {
    try BusMessage(
      destination: "org.freedesktop.PolicyKit1", path: "/org/freedesktop/PolicyKit1/Authority",
      interface: "org.freedesktop.PolicyKit1.Authority", method: method)
  }

  private static func actionsRequest() throws -> BusMessage {
    let message = try polkitRequest("EnumerateActions")
    try message.write { try $0.string("") }
    return message
  }

  private static func authorizationRequest(for action: String, of connection: String) throws -> BusMessage {
    let message = try polkitRequest("CheckAuthorization")
    try message.write { writer in
      try writer.container(CDBUS_TYPE_STRUCT, nil) { subject in
        try subject.string("system-bus-name")
        try subject.array(of: "{sv}") { try $0.entry("name", "s") { try $0.string(connection) } }
      }
      try writer.string(action)
      try writer.array(of: "{ss}") { _ in }
      try writer.uint32(0)
      try writer.string("")
    }
    return message
  }
}
