internal import CGIO

/// The description of an interface in introspection data.
struct InterfaceDescription {
  /// The types of a method's arguments and results.
  struct Method {
    let arguments: String
    let results: String
  }

  let methods: [String: Method]
  let properties: Set<String>
  /// The XML of the interface alone, as `Introspect` returns it.
  let xml: String

  /// Reads introspection data.
  ///
  /// - Throws: ``BusError/local(_:)`` if they are invalid, or have no interface of that name.
  init(of name: String, in xml: String) throws {
    let node = try throwing { g_dbus_node_info_new_for_xml(xml, &$0) }
    defer { g_dbus_node_info_unref(node) }
    guard let description = g_dbus_node_info_lookup_interface(node, name) else {
      throw BusError.local("the XML has no interface \(name)")
    }
    methods = Dictionary(
      uniqueKeysWithValues: Self.list(description.pointee.methods).map { method in
        (
          String(cString: method.name),
          Method(arguments: Self.types(method.in_args), results: Self.types(method.out_args))
        )
      })
    properties = Set(Self.list(description.pointee.properties).map { String(cString: $0.name) })
    let text = g_string_new(nil)
    g_dbus_interface_info_generate_xml(description, 2, text)
    defer { g_string_free(text, 1) }
    self.xml = text?.pointee.str.map { String(cString: $0) } ?? ""
  }

  private static func types(_ arguments: UnsafeMutablePointer<UnsafeMutablePointer<GDBusArgInfo>?>?) -> String {
    list(arguments).map { String(cString: $0.signature) }.joined()
  }

  /// Returns the elements of an array that ends with `NULL`.
  private static func list<Element>(_ array: UnsafeMutablePointer<UnsafeMutablePointer<Element>?>?) -> [Element] {
    var elements: [Element] = []
    var place = array
    while let element = place?.pointee {
      elements.append(element.pointee)
      place = place?.advanced(by: 1)
    }
    return elements
  }
}
