import CDBus

/// What a desktop's notification server says (Desktop Notifications Specification 1.2).
extension BusInquiry {
  /// A notification server, as it calls itself.
  package struct NotificationServer: Sendable, Equatable {
    package let name: String
    package let vendor: String
    package let version: String

    /// A server of these names.
    package init(name: String, vendor: String, version: String) {
      self.name = name
      self.vendor = vendor
      self.version = version
    }
  }

  /// A boolean that a program on the session bus tells in answer to texts.
  package struct Flag: Sendable {
    var destination = "org.freedesktop.Notifications"
    var path = "/org/freedesktop/Notifications"
    var interface = DBUS_INTERFACE_PROPERTIES
    var method = "Get"
    let arguments: [String]

    /// A property of the notification server.
    package static func property(_ name: String, of interface: String) -> Flag {
      Flag(arguments: [interface, name])
    }

    /// A setting of Xfce's.
    package static func xfconf(_ channel: String, _ property: String) -> Flag {
      Flag(
        destination: "org.xfce.Xfconf", path: "/org/xfce/Xfconf", interface: "org.xfce.Xfconf", method: "GetProperty",
        arguments: [channel, property])
    }
  }

  /// What the notification server is. The bus starts one if it can and none runs.
  package func notificationServer() throws(BusError) -> NotificationServer {
    try ask(Self.serverRequest("GetServerInformation")) { answer in
      defer { answer.skipRest() }
      return NotificationServer(
        name: try answer.string(), vendor: try answer.string(), version: try answer.string())
    }
  }

  /// What the notification server can do.
  package func notificationCapabilities() throws(BusError) -> [String] {
    try ask(Self.serverRequest("GetCapabilities")) { try $0.array { try $0.string() } }
  }

  /// Whether a flag is set.
  package func isSet(_ flag: Flag) throws(BusError) -> Bool {
    try ask(Self.request(flag)) { try $0.container(CDBUS_TYPE_VARIANT) { try $0.boolean() } }
  }

  private static func serverRequest(_ method: String) throws -> Message {
    try Message(
      destination: "org.freedesktop.Notifications", path: "/org/freedesktop/Notifications",
      interface: "org.freedesktop.Notifications", method: method)
  }

  private static func request(_ flag: Flag) throws -> Message {
    let message = try Message(
      destination: flag.destination, path: flag.path, interface: flag.interface, method: flag.method)
    try message.write { writer in for argument in flag.arguments { try writer.string(argument) } }
    return message
  }
}
