import CDBus
package import MessengerContract

/// Questions to a desktop's notification server (Desktop Notifications Specification 1.2).
extension BusInquiry {
  /// A notification server's description of itself.
  package struct NotificationServer: Sendable, Equatable {
    package let name: String
    package let vendor: String
    package let version: String

    /// A server with this name, vendor and version.
    package init(name: String, vendor: String, version: String) {
      self.name = name
      self.vendor = vendor
      self.version = version
    }
  }

  /// The notification server. If none runs, the bus starts one if it can.
  package func notificationServer() throws(BusError) -> NotificationServer {
    try ask(Self.serverRequest("GetServerInformation")) { answer in
      defer { answer.skipRest() }
      return NotificationServer(
        name: try answer.string(), vendor: try answer.string(), version: try answer.string())
    }
  }

  /// The notification server's capabilities.
  package func notificationCapabilities() throws(BusError) -> [String] {
    try ask(Self.serverRequest("GetCapabilities")) { try $0.array { try $0.string() } }
  }

  /// Whether a setting is on. It must answer with a variant.
  package func isOn(_ setting: DesktopSetting) throws(BusError) -> Bool {
    try ask(Self.request(setting)) { try $0.container(CDBUS_TYPE_VARIANT) { try $0.boolean() } }
  }

  private static func serverRequest(_ method: String) throws -> BusMessage {
    try BusMessage(
      destination: "org.freedesktop.Notifications", path: "/org/freedesktop/Notifications",
      interface: "org.freedesktop.Notifications", method: method)
  }

  private static func request(_ setting: DesktopSetting) throws -> BusMessage {
    let message = try BusMessage(
      destination: setting.destination, path: setting.path, interface: setting.interface, method: setting.method)
    try message.write { writer in for argument in setting.arguments { try writer.string(argument) } }
    return message
  }
}
