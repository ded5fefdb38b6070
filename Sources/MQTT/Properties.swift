internal import CMosquitto
internal import Glibc

/// What libmosquitto's functions return if they succeed.
let success = Int32(MOSQ_ERR_SUCCESS.rawValue)

/// A property of a packet (MQTT 5, section 2.2.2).
enum PacketProperty {
  case sessionExpiry(UInt32)
  case maximumPacketSize(UInt32)
  case messageExpiry(UInt32)
  case user(name: String, value: String)

  func add(to list: inout OpaquePointer?) -> Int32 {
    switch self {
    case .sessionExpiry(let seconds):
      mosquitto_property_add_int32(&list, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), seconds)
    case .maximumPacketSize(let bytes):
      mosquitto_property_add_int32(&list, Int32(MQTT_PROP_MAXIMUM_PACKET_SIZE.rawValue), bytes)
    case .messageExpiry(let seconds):
      mosquitto_property_add_int32(&list, Int32(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue), seconds)
    case .user(let name, let value):
      mosquitto_property_add_string_pair(&list, Int32(MQTT_PROP_USER_PROPERTY.rawValue), name, value)
    }
  }
}

/// Calls a function with a list of properties, which lives until it returns.
func withProperties(
  _ properties: [PacketProperty], _ body: (OpaquePointer?) throws(BrokerError) -> Void
) throws(BrokerError) {
  var list: OpaquePointer?
  defer { mosquitto_property_free_all(&list) }
  for property in properties {
    let result = property.add(to: &list)
    guard result == success else { throw BrokerError(result) }
  }
  try body(list)
}

/// The user properties of a packet; the first of each name.
func userProperties(in list: OpaquePointer?) -> [String: String] {
  var found: [String: String] = [:]
  var next = list
  while let property = next {
    if mosquitto_property_identifier(property) == MQTT_PROP_USER_PROPERTY.rawValue {
      var name: UnsafeMutablePointer<CChar>?
      var value: UnsafeMutablePointer<CChar>?
      mosquitto_property_read_string_pair(property, Int32(MQTT_PROP_USER_PROPERTY.rawValue), &name, &value, false)
      if let name, let value, found[String(cString: name)] == nil {
        found[String(cString: name)] = String(cString: value)
      }
      free(name)
      free(value)
    }
    next = mosquitto_property_next(property)
  }
  return found
}

extension Publication {
  var allProperties: [PacketProperty] {
    (expiry.map { [.messageExpiry($0)] } ?? [])
      + properties.sorted { $0.key < $1.key }.map { .user(name: $0.key, value: $0.value) }
  }
}

extension Reason {
  /// A reason code of a packet.
  init(packetCode: Int32) {
    self.init(
      code: UInt8(truncatingIfNeeded: packetCode), description: String(cString: mosquitto_reason_string(packetCode)))
  }

  /// What ended a connection: an error of libmosquitto's, or a reason code of the broker.
  init(ending: Int32) {
    if ending >= 0x80 {
      self.init(packetCode: ending)
    } else {
      self.init(code: nil, description: text(of: ending))
    }
  }
}

extension BrokerError {
  init(_ result: Int32, _ subject: String? = nil) {
    description = (subject.map { "\($0): " } ?? "") + text(of: result)
  }
}

/// An error of libmosquitto in words.
private func text(of result: Int32) -> String {
  result == Int32(MOSQ_ERR_ERRNO.rawValue)
    ? String(cString: strerror(errno)) : String(cString: mosquitto_strerror(result))
}
