internal import CGIO

/// A method call that came in. GDBus has checked its arguments against the interface's XML.
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

extension Connection {
  /// Makes an interface callable at `path`, for as long as the connection lives.
  public func export(_ interface: ExportedInterface, at path: String) throws {
    try Value.objectPath(path).validate()
    let node = try throwing { g_dbus_node_info_new_for_xml(interface.xml, &$0) }
    defer { g_dbus_node_info_unref(node) }
    guard let description = g_dbus_node_info_lookup_interface(node, interface.name) else {
      throw BusError.local("the XML has no interface \(interface.name)")
    }
    var table = GDBusInterfaceVTable()
    table.method_call = { _, sender, _, _, method, parameters, invocation, data in
      guard let method, let parameters, let invocation else { return }
      let sender = sender.map { String(cString: $0) } ?? ""
      let call = IncomingCall(
        sender: sender, arguments: Value.children(of: parameters), allowsInteraction: allowsInteraction(invocation))
      let handler = Box<ExportedInterface>.peek(data)?.methods[String(cString: method)]
      answer(invocation, to: call, by: handler)
    }
    table.get_property = { _, _, _, _, property, error, data in
      guard let property, let value = Box<ExportedInterface>.peek(data)?.properties[String(cString: property)] else {
        return fail(error, G_DBUS_ERROR_UNKNOWN_PROPERTY, "not implemented")
      }
      do {
        return try value.makeVariant()
      } catch let reason {
        return fail(error, G_DBUS_ERROR_FAILED, "\(reason)")
      }
    }
    let data = Box(interface).retainedPointer()
    _ = try throwing { error in
      let id = g_dbus_connection_register_object(
        pointer, path, description, &table, data, Box<ExportedInterface>.release, &error)
      return id == 0 ? nil : id
    } orRelease: {
      Box<ExportedInterface>.release(data)
    }
  }
}

/// Runs the handler and returns its result through the invocation, once.
@MainLoop
private func answer(_ invocation: OpaquePointer, to call: IncomingCall, by handler: ExportedInterface.Method?) {
  let invocation = Invocation(pointer: invocation)
  MainLoop.task {
    do {
      guard let handler else {
        throw BusError.remote(name: "org.freedesktop.DBus.Error.UnknownMethod", message: "not implemented")
      }
      let result = try await handler(call)
      g_dbus_method_invocation_return_value(invocation.pointer, try Value.makeTuple(result))
    } catch {
      let (name, message) = describe(error)
      g_dbus_method_invocation_return_dbus_error(invocation.pointer, name, message)
    }
  }
}

/// Unchecked, because the pointer goes from one piece of the main loop's code to a later one, and to no other thread.
private struct Invocation: @unchecked Sendable {
  let pointer: OpaquePointer
}

private func allowsInteraction(_ invocation: OpaquePointer) -> Bool {
  let flags = g_dbus_message_get_flags(g_dbus_method_invocation_get_message(invocation)).rawValue
  return flags & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION.rawValue != 0
}

private func fail(
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<GError>?>?, _ code: GDBusError, _ message: String
) -> OpaquePointer? {
  g_set_error_literal(error, g_dbus_error_quark(), Int32(code.rawValue), message)
  return nil
}

private func describe(_ error: any Error) -> (name: String, message: String) {
  switch error {
  case let error as any NamedBusError: (error.busName, error.busMessage)
  // Not every peer keeps to the rules for names; a bus drops who breaks them.
  case BusError.remote(let name, let message) where g_dbus_is_error_name(name) != 0: (name, message)
  default: ("org.freedesktop.DBus.Error.Failed", "\(error)")
  }
}
