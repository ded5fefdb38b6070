/// An incoming method call, whose arguments have the types in the interface's XML.
public struct IncomingCall: Sendable {
  /// The caller's unique name; empty if there is no bus between.
  public let sender: String
  /// The arguments.
  public let arguments: [Value]
  /// Whether the caller is prepared to wait while somebody is asked for a password (D-Bus Specification,
  /// `ALLOW_INTERACTIVE_AUTHORIZATION`).
  public let allowsInteraction: Bool

  /// Makes a call. Also for tests.
  public init(sender: String, arguments: [Value], allowsInteraction: Bool = false) {
    self.sender = sender
    self.arguments = arguments
    self.allowsInteraction = allowsInteraction
  }
}

/// The implementation of an interface: a table of its methods, and one of its properties.
public struct ExportedInterface: Sendable {
  /// Answers a call with the values that the method returns, or throws an error; see ``NamedBusError``.
  public typealias Method = @MainLoop @Sendable (IncomingCall) async throws -> [Value]

  let name: String
  let xml: String
  let methods: [String: Method]
  let properties: [String: Value]

  /// - Parameters:
  ///   - name: the interface's name.
  ///   - xml: introspection data that describe it.
  ///   - methods: its methods by name, all that the XML has.
  ///   - properties: the values of its constant properties by name, all that the XML has.
  public init(name: String, xml: String, methods: [String: Method], properties: [String: Value]) {
    self.name = name
    self.xml = xml
    self.methods = methods
    self.properties = properties
  }
}
