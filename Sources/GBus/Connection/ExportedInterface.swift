/// A method call that came in, with arguments of the types that the interface's XML has.
public struct IncomingCall: Sendable {
  /// The caller's unique name; empty where there is no bus between.
  public let sender: String
  /// What it was called with.
  public let arguments: [Value]
  /// Whether the caller waits while somebody is asked for a password (D-Bus Specification,
  /// `ALLOW_INTERACTIVE_AUTHORIZATION`).
  public let allowsInteraction: Bool

  /// A call, also for tests.
  public init(sender: String, arguments: [Value], allowsInteraction: Bool = false) {
    self.sender = sender
    self.arguments = arguments
    self.allowsInteraction = allowsInteraction
  }
}

/// What stands behind an interface of ours: a table of its methods, and one of its properties.
public struct ExportedInterface: Sendable {
  /// Answers a call with the values that the method returns, or throws; see ``NamedBusError``.
  public typealias Method = @MainLoop @Sendable (IncomingCall) async throws -> [Value]

  let name: String
  let xml: String
  let methods: [String: Method]
  let properties: [String: Value]

  /// - Parameters:
  ///   - name: the interface.
  ///   - xml: introspection data that describe it.
  ///   - methods: by name, all that the XML has.
  ///   - properties: constant ones by name, all that the XML has.
  public init(name: String, xml: String, methods: [String: Method], properties: [String: Value]) {
    self.name = name
    self.xml = xml
    self.methods = methods
    self.properties = properties
  }
}
