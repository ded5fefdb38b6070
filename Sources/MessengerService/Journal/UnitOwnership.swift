internal import GBus

/// The property that shows who owns a systemd unit (org.freedesktop.systemd1(5)). A service has the user that it runs
/// as. A scope, such as a session's, has the slice that contains it, which only root chooses. Other units have no such
/// property.
enum UnitOwnership: Sendable, Equatable {
  case service
  case scope

  init?(of unit: String) {
    if unit.hasSuffix(".service") {
      self = .service
    } else if unit.hasSuffix(".scope") {
      self = .scope
    } else {
      return nil
    }
  }

  /// The interface with the property.
  var interface: String {
    switch self {
    case .service: "org.freedesktop.systemd1.Service"
    case .scope: "org.freedesktop.systemd1.Scope"
    }
  }

  /// The property.
  var property: String {
    switch self {
    case .service: "UID"
    case .scope: "Slice"
    }
  }

  /// The property's value if the unit is a user's.
  func value(for uid: UInt32) -> Value {
    switch self {
    case .service: .uint32(uid)
    case .scope: .string("user-\(uid).slice")
    }
  }
}
