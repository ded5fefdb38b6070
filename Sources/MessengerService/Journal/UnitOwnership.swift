internal import GBus

/// What tells whose a systemd unit is (org.freedesktop.systemd1(5)): of a service, the user as whom it runs; of a
/// scope, as that of a session, the slice that it is in, which only root chooses. Of other units, nothing does.
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

  /// What it is where the unit is a user's.
  func value(for uid: UInt32) -> Value {
    switch self {
    case .service: .uint32(uid)
    case .scope: .string("user-\(uid).slice")
    }
  }
}
