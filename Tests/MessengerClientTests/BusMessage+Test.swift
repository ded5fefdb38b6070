import CDBus
import MessengerContract
import Testing

@testable import MessengerClient

/// The functions of messages that only a service needs.
extension BusMessage {
  /// An answer that was never on a bus.
  static func answer() throws -> BusMessage {
    BusMessage(owning: try #require(dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN)))
  }

  static func answer(to call: BusMessage) throws -> BusMessage {
    BusMessage(owning: try #require(call.withPointer { dbus_message_new_method_return($0) }))
  }

  static func error(_ name: String, _ text: String, to call: BusMessage) throws -> BusMessage {
    BusMessage(owning: try #require(call.withPointer { dbus_message_new_error($0, name, text) }))
  }

  /// A `DeliveriesChanged` without its arguments.
  static func change(to receiver: String? = nil) throws -> BusMessage {
    let signal = BusMessage(
      owning: try #require(
        dbus_message_new_signal(
          Messenger.objectPath, Messenger.interface, MessengerSignal.deliveriesChanged.rawValue)))
    if let receiver { _ = signal.withPointer { dbus_message_set_destination($0, receiver) } }
    return signal
  }

  static func change(to receiver: String?, session: String, state: String) throws -> BusMessage {
    let signal = try change(to: receiver)
    try signal.write {
      try $0.uint64(7)
      try $0.array(of: Delivery.signature) {
        try $0.delivery(session, "bob", 1001, state) {
          try $0.entry("session-name", "s") { try $0.string("tty\(session)") }
        }
      }
    }
    return signal
  }

  var signature: String {
    withPointer { String(cString: dbus_message_get_signature($0)) }
  }

  func isCall(_ method: String, of interface: String) -> Bool {
    withPointer { dbus_message_is_method_call($0, interface, method) != 0 }
  }
}

extension ArgumentWriter {
  /// A delivery `(ssusa{sv})`, with the details that `details` appends.
  mutating func delivery(
    _ session: String, _ user: String, _ uid: UInt32, _ state: String,
    details: (inout ArgumentWriter) throws -> Void = { _ in }
  ) throws {
    try container(CDBUS_TYPE_STRUCT, nil) {
      try $0.string(session)
      try $0.string(user)
      try $0.uint32(uid)
      try $0.string(state)
      try $0.array(of: "{sv}", details)
    }
  }
}

extension ArgumentWriter {
  /// A session `(susssa{sv})`, with the details that `details` appends.
  mutating func session(
    _ id: String, _ uid: UInt32, _ user: String, _ name: String, _ state: String,
    details: (inout ArgumentWriter) throws -> Void = { _ in }
  ) throws {
    try container(CDBUS_TYPE_STRUCT, nil) {
      try $0.string(id)
      try $0.uint32(uid)
      for text in [user, name, state] { try $0.string(text) }
      try $0.array(of: "{sv}", details)
    }
  }
}

extension ArgumentReader {
  /// A reply button `(ss)`.
  mutating func reply() throws -> Reply {
    try structure { Reply(key: try $0.string(), label: try $0.string()) }
  }
}

extension SendOptions {
  init(reply key: String, _ label: String) {
    self.init(replies: [Reply(key: key, label: label)])
  }
}
