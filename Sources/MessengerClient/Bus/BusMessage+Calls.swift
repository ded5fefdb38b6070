import CDBus
import MessengerContract

/// The calls of the service.
extension BusMessage {
  /// A call of one of the service's own methods.
  ///
  /// - Parameters:
  ///   - method: the method.
  ///   - id: the message that it is about, its only argument.
  /// - Throws: a ``BusError`` or ``ClientError`` where libdbus can't make it.
  convenience init(_ method: MessengerMethod, id: UInt64? = nil) throws {
    try self.init(
      destination: Messenger.busName, path: Messenger.objectPath, interface: Messenger.interface,
      method: method.rawValue)
    if let id { try write { try $0.uint64(id) } }
  }

  /// A call of `SetMuted`.
  convenience init(setMuted isMuted: Bool) throws {
    try self.init(.setMuted)
    try write { try $0.boolean(isMuted) }
  }

  /// A question for all properties at once.
  static func propertiesRequest() throws -> BusMessage {
    let message = try BusMessage(
      destination: Messenger.busName, path: Messenger.objectPath, interface: DBUS_INTERFACE_PROPERTIES,
      method: "GetAll")
    try message.write { try $0.string(Messenger.interface) }
    return message
  }
}
