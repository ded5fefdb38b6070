import MessengerContract

/// The service's version, defaults and limits.
public struct ServiceProperties: Sendable, Equatable {
  /// The service's version, such as `1.2.0`.
  public let version: String
  /// How long a popup stays if the sender sets no time, in seconds.
  public let defaultTimeout: UInt32
  /// The longest body that it accepts, in Unicode code points.
  public let maximumBodyLength: UInt32

  /// Properties with these values.
  public init(version: String, defaultTimeout: UInt32, maximumBodyLength: UInt32) {
    self.version = version
    self.defaultTimeout = defaultTimeout
    self.maximumBodyLength = maximumBodyLength
  }
}

extension ServiceProperties {
  /// Reads the argument of `GetAll`'s answer, an `a{sv}`. Ignores unknown properties.
  init(from reader: inout ArgumentReader) throws {
    var version: String?
    var defaultTimeout: UInt32?
    var maximumBodyLength: UInt32?
    try reader.dictionary { name, value in
      switch MessengerProperty(rawValue: name) {
      case .version: version = try value.string()
      case .defaultTimeout: defaultTimeout = try value.uint32()
      case .maximumBodyLength: maximumBodyLength = try value.uint32()
      case nil: value.skipRest()
      }
    }
    self.version = try Self.present(version, .version)
    self.defaultTimeout = try Self.present(defaultTimeout, .defaultTimeout)
    self.maximumBodyLength = try Self.present(maximumBodyLength, .maximumBodyLength)
  }

  private static func present<Value>(_ value: Value?, _ property: MessengerProperty) throws -> Value {
    guard let value else { throw ClientError.malformedAnswer("the property \(property.rawValue) is missing") }
    return value
  }
}
