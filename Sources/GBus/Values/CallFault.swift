/// A fault of a call, found before the call reaches its handler.
public enum CallFault: NamedBusError, Equatable {
  /// There is no such object.
  case unknownObject(String)
  /// The object has no such interface.
  case unknownInterface(String)
  /// The interface has no such method.
  case unknownMethod(String)
  /// The interface has no such property.
  case unknownProperty(String)
  /// The property can't be set.
  case readOnlyProperty(String)
  /// A method was called with arguments of other types: its name, the types that it takes, and those that came.
  case wrongSignature(method: String, expected: String, given: String)
  /// The call is longer than is accepted: its length, and the most bytes that are accepted.
  case tooLong(length: Int, most: Int)
  /// Too many calls of the caller's are waiting already.
  case tooMuch
  /// The message can't be read, for this reason.
  case unreadable(String)

  /// The error's name on the bus, one of D-Bus's own.
  public var busName: String { "org.freedesktop.DBus.Error." + name }

  /// What went wrong, for a person to read.
  public var busMessage: String {
    switch self {
    case .unknownObject(let path): "there is no object \(path)"
    case .unknownInterface(let name): "there is no interface \(name)"
    case .unknownMethod(let name): "there is no method \(name)"
    case .unknownProperty(let name): "there is no property \(name)"
    case .readOnlyProperty(let name): "the property \(name) can't be set"
    case .wrongSignature(let method, let expected, let given):
      "\(method) takes arguments of the types (\(expected)), and was called with (\(given))"
    case .tooLong(let length, let most): "the call has \(length) bytes, and at most \(most) are taken"
    case .tooMuch: "too many calls at once: try again"
    case .unreadable(let reason): reason
    }
  }

  private var name: String {
    switch self {
    case .unknownObject: "UnknownObject"
    case .unknownInterface: "UnknownInterface"
    case .unknownMethod: "UnknownMethod"
    case .unknownProperty: "UnknownProperty"
    case .readOnlyProperty: "PropertyReadOnly"
    case .wrongSignature, .unreadable: "InvalidArgs"
    case .tooLong, .tooMuch: "LimitsExceeded"
    }
  }
}
