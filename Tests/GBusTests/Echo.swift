import GBus

/// A small interface for tests.
enum Echo {
  /// The error that `Fail` answers with.
  struct Refusal: NamedBusError {
    let busName = "org.example.Error.Refused"
    let busMessage = "because"
  }

  static let path = "/org/example/Echo"
  static let name = "org.example.Echo"
  static let xml = """
    <node>
      <interface name="org.example.Echo">
        <method name="Echo">
          <arg type="as" direction="in"/><arg type="as" direction="out"/><arg type="s" direction="out"/>
        </method>
        <method name="MayAsk"><arg type="b" direction="out"/></method>
        <method name="Fail"><arg type="s" direction="in"/></method>
        <method name="Forgotten"/>
        <signal name="Changed"><arg type="s"/></signal>
        <property name="Version" type="s" access="read"/>
        <property name="Forgotten" type="s" access="read"/>
      </interface>
    </node>
    """

  static let interface = ExportedInterface(
    name: name, xml: xml,
    methods: [
      "Echo": { call in call.arguments + [.string(call.sender)] },
      "MayAsk": { call in [.boolean(call.allowsInteraction)] },
      "Fail": { call in throw failure(call.arguments.first?.string ?? "") },
    ], properties: ["Version": .string("1")])

  /// The interface with only a `Fail`, which the test implements.
  static func failing(_ fail: @escaping ExportedInterface.Method) -> ExportedInterface {
    ExportedInterface(name: name, xml: xml, methods: ["Fail": fail], properties: [:])
  }

  /// Exports the interface on a connection.
  @MainLoop
  static func at(_ connection: Connection, interface: String = name) -> Remote {
    Remote(destination: connection.uniqueName, path: path, interface: interface)
  }

  private static func failure(_ kind: String) -> any Error {
    switch kind {
    case "named": Refusal()
    case "remote": BusError.remote(name: "org.example.Error.Passed", message: "on")
    case "nameless": BusError.remote(name: ":1.0", message: "on")
    default: BusError.local(kind)
    }
  }
}
