import CDBus
package import MessengerContract

/// Questions to the bus and to systemd.
extension BusInquiry {
  /// Whether the name has an owner on the bus.
  package func isOwned(_ name: String) throws(BusError) -> Bool {
    try ask(BusMessage(toBus: "NameHasOwner", name)) { try $0.boolean() }
  }

  /// The names of the services that the bus can start.
  package func activatableNames() throws(BusError) -> [String] {
    try ask(BusMessage(toBus: "ListActivatableNames")) { try $0.array { try $0.string() } }
  }

  /// Makes the bus start the service with that name.
  package func start(_ name: String) throws(BusError) {
    try ask(Self.startRequest(name), timeout: Self.startTimeout) { _ = try $0.uint32() }
  }

  /// The caller's user id, as the bus knows it.
  package func uid() throws(BusError) -> UInt32 {
    try ask(BusMessage(toBus: "GetConnectionUnixUser", ownName)) { try $0.uint32() }
  }

  /// The state of a service's unit file, such as `masked`, `masked-runtime` or `static`.
  package func unitFileState(of service: String) throws(BusError) -> String {
    try ask(
      BusMessage(toSystemd: "", interface: "org.freedesktop.systemd1.Manager", "GetUnitFileState", "\(service).service")
    ) { try $0.string() }
  }

  /// The result of a systemd service's last run, such as `success` or `exit-code`.
  package func result(of service: String) throws(BusError) -> String {
    try property("Result", of: "\(service).service", on: "org.freedesktop.systemd1.Service")
  }

  /// The active state of a systemd unit, such as `active` or `failed`. The unit's name includes its suffix.
  package func activeState(of unit: String) throws(BusError) -> String {
    try property("ActiveState", of: unit, on: "org.freedesktop.systemd1.Unit")
  }

  private func property(_ name: String, of unit: String, on interface: String) throws(BusError) -> String {
    let label = unit.split(separator: "-").joined(separator: "_2d").split(separator: ".").joined(separator: "_2e")
    return try ask(
      BusMessage(toSystemd: "/unit/\(label)", interface: DBUS_INTERFACE_PROPERTIES, "Get", interface, name)
    ) { try $0.container(CDBUS_TYPE_VARIANT) { try $0.string() } }
  }

  private static func startRequest(_ name: String) throws -> BusMessage {
    let message = try BusMessage(toBus: "StartServiceByName", name)
    try message.write { try $0.uint32(0) }
    return message
  }
}

extension BusMessage {
  /// A call to systemd, whose arguments are texts.
  fileprivate convenience init(
    toSystemd path: String, interface: String, _ method: String, _ arguments: String...
  ) throws {
    try self.init(
      destination: "org.freedesktop.systemd1", path: "/org/freedesktop/systemd1\(path)", interface: interface,
      method: method)
    try write { writer in for argument in arguments { try writer.string(argument) } }
  }
}

/// Questions to msgd.
extension BusInquiry {
  /// The service's version, defaults and limits.
  package func properties() throws(BusError) -> ServiceProperties {
    try ask(.propertiesRequest(), ServiceProperties.init(from:))
  }

  /// The sessions that the caller may see.
  package func sessions() throws(BusError) -> [Session] {
    try ask(BusMessage(.listSessions)) { try $0.array { try Session(from: &$0) } }
  }

  /// The state of the service's configuration file.
  package func configuration() throws(BusError) -> ServiceConfiguration {
    try ask(BusMessage(.checkConfiguration)) { answer in
      ServiceConfiguration(
        file: try answer.string(), isOther: try answer.boolean(), problems: try answer.array { try $0.string() })
    }
  }

  /// Whether the caller refuses messages.
  package func isMuted() throws(BusError) -> Bool {
    try ask(BusMessage(.getMuted)) { try $0.boolean() }
  }
}
