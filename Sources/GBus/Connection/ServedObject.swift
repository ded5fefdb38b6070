/// A method that can be called, on an exported interface or one of D-Bus's own.
struct ServedMethod {
  /// The types of its arguments and results.
  let types: InterfaceDescription.Method
  /// `nil` for a method that is in the XML but not implemented.
  let body: ExportedInterface.Method?
}

/// An object with its interfaces: the exported ones and D-Bus's own.
struct ServedObject {
  private static let introspectable = "org.freedesktop.DBus.Introspectable"
  private static let properties = "org.freedesktop.DBus.Properties"
  /// An interface of every path, even one without an object.
  static let peer = "org.freedesktop.DBus.Peer"

  private var exported: [String: (interface: ExportedInterface, description: InterfaceDescription)] = [:]
  /// The names of the objects directly below it.
  var children: Set<String> = []

  /// Whether an interface is exported on this object.
  func has(_ interface: String) -> Bool { exported[interface] != nil }

  /// Adds an interface.
  ///
  /// - Throws: ``BusError/local(_:)`` if its XML doesn't describe it.
  mutating func add(_ interface: ExportedInterface) throws {
    exported[interface.name] = (interface, try InterfaceDescription(of: interface.name, in: interface.xml))
  }

  /// Returns the method that a call means. Without an interface, any method of that name fits (D-Bus Specification,
  /// Message Types).
  func method(_ name: String, of interface: String?) throws(CallFault) -> ServedMethod {
    if let interface { return try method(name, ofNamed: interface) }
    let interfaces = Array(exported.keys) + standardTables.map(\.name)
    guard let found = interfaces.lazy.compactMap({ try? method(name, ofNamed: $0) }).first else {
      throw .unknownMethod(name)
    }
    return found
  }

  private func method(_ name: String, ofNamed interface: String) throws(CallFault) -> ServedMethod {
    let found: ServedMethod?
    if let served = exported[interface] {
      found = served.description.methods[name].map { ServedMethod(types: $0, body: served.interface.methods[name]) }
    } else {
      guard let table = standardTables.first(where: { $0.name == interface }) else {
        throw .unknownInterface(interface)
      }
      found = table.methods[name]
    }
    guard let found else { throw .unknownMethod(name) }
    return found
  }

  private typealias Table = (name: String, methods: [String: ServedMethod])

  private var standardTables: [Table] {
    let introspection: Table = (Self.introspectable, ["Introspect": Self.method("", "s") { [xml] _ in [.string(xml)] }])
    let peers: Table = (
      Self.peer,
      [
        "Ping": Self.method("", "") { _ in [] },
        "GetMachineId": Self.method("", "s") { _ in [.string(try MachineID.read())] },
      ]
    )
    return exported.isEmpty ? [introspection, peers] : [introspection, peers, propertyTable]
  }

  private static func method(
    _ arguments: String, _ results: String, _ body: @escaping ExportedInterface.Method
  ) -> ServedMethod {
    ServedMethod(types: .init(arguments: arguments, results: results), body: body)
  }
}

// Properties, which are constant.
extension ServedObject {
  private var propertyTable: Table {
    (
      Self.properties,
      [
        "Get": Self.method("ss", "v") { [self] call in [.variant(try property(call.arguments))] },
        "GetAll": Self.method("s", "a{sv}") { [self] call in
          let all = try interfaces(named: call.arguments[0]).map(\.properties)
          return [.dictionary(all.reduce(into: [:]) { $0.merge($1) { first, _ in first } })]
        },
        "Set": Self.method("ssv", "") { [self] call in
          _ = try property(call.arguments)
          throw CallFault.readOnlyProperty(call.arguments[1].string ?? "")
        },
      ]
    )
  }

  private func property(_ arguments: [Value]) throws -> Value {
    let name = arguments[1].string ?? ""
    let values = try interfaces(named: arguments[0]).lazy.compactMap { $0.properties[name] }
    guard let value = values.first else { throw CallFault.unknownProperty(name) }
    return value
  }

  /// Returns the interface of a name, or all if the name is empty (D-Bus Specification, Properties).
  private func interfaces(named name: Value) throws -> [ExportedInterface] {
    let name = name.string ?? ""
    if name.isEmpty { return exported.values.map(\.interface) }
    if let interface = exported[name]?.interface { return [interface] }
    guard [Self.introspectable, Self.peer, Self.properties].contains(name) else {
      throw CallFault.unknownInterface(name)
    }
    return []
  }
}

// Introspection.
extension ServedObject {
  private static let doctype = """
    <!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
      "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">

    """
  private static let standardXML = """
      <interface name="org.freedesktop.DBus.Introspectable">
        <method name="Introspect"><arg name="xml_data" type="s" direction="out"/></method>
      </interface>
      <interface name="org.freedesktop.DBus.Peer">
        <method name="GetMachineId"><arg name="machine_uuid" type="s" direction="out"/></method>
        <method name="Ping"/>
      </interface>

    """
  private static let propertyXML = """
      <interface name="org.freedesktop.DBus.Properties">
        <method name="Get">
          <arg name="interface_name" type="s" direction="in"/>
          <arg name="property_name" type="s" direction="in"/>
          <arg name="value" type="v" direction="out"/>
        </method>
        <method name="GetAll">
          <arg name="interface_name" type="s" direction="in"/>
          <arg name="properties" type="a{sv}" direction="out"/>
        </method>
        <method name="Set">
          <arg name="interface_name" type="s" direction="in"/>
          <arg name="property_name" type="s" direction="in"/>
          <arg name="value" type="v" direction="in"/>
        </method>
      </interface>

    """

  private var xml: String {
    let own = exported.values.map(\.description.xml).joined()
    let nodes = children.sorted().map { "  <node name=\"\($0)\"/>\n" }.joined()
    let standard = Self.standardXML + (exported.isEmpty ? "" : Self.propertyXML)
    return Self.doctype + "<node>\n" + standard + own + nodes + "</node>\n"
  }
}
