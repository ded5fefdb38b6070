internal import CGIO

/// An interface of an object that somebody on a bus has: where calls go.
public struct Remote: Sendable {
  /// A unique or well-known bus name.
  public let destination: String
  /// The object.
  public let path: String
  /// The interface.
  public let interface: String

  /// Calls to this interface.
  public init(destination: String, path: String, interface: String) {
    self.destination = destination
    self.path = path
    self.interface = interface
  }

  /// The message bus itself.
  public static let bus = Remote(
    destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus")

  /// GLib would not call back for a name or path that D-Bus doesn't allow.
  func validate(member: String) throws {
    guard g_dbus_is_name(destination) != 0 else { throw BusError.local("no bus name: \(destination)") }
    try validateSource(member: member)
  }

  /// The same for a signal, which has no destination here.
  func validateSource(member: String) throws {
    try Value.objectPath(path).validate()
    guard g_dbus_is_interface_name(interface) != 0 else { throw BusError.local("no interface name: \(interface)") }
    guard g_dbus_is_member_name(member) != 0 else { throw BusError.local("no member name: \(member)") }
  }
}

extension Connection {
  /// What a method returned.
  public struct Answer: Sendable {
    /// The unique name of who answered; empty where there is no bus in between.
    public let sender: String
    /// The values.
    public let arguments: [Value]
  }

  /// Calls a method and waits for its answer: the values that it returns.
  ///
  /// - Parameters:
  ///   - remote: whose method.
  ///   - method: its name.
  ///   - arguments: what it is called with.
  ///   - deadline: until when an answer counts.
  ///   - allowsInteraction: whether the other side may have somebody asked for a password meanwhile.
  ///   - answered: called with the answer before any message that came in after it is handed out.
  /// - Returns: the values of the answer.
  /// - Throws: ``BusError``; ``BusError/timedOut`` at the deadline; ``BusError/local(_:)`` where a name or an argument is
  ///   not one that D-Bus can carry.
  public func call(
    _ remote: Remote, _ method: String, _ arguments: [Value] = [], deadline: Deadline, allowsInteraction: Bool = false,
    answered: @escaping @MainLoop (Answer) -> Void = { _ in }
  ) async throws -> [Value] {
    let message = try makeCall(remote, method, arguments)
    defer { g_object_unref(gpointer(message)) }
    if allowsInteraction {
      g_dbus_message_set_flags(message, G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION)
    }
    let cancellable = Cancellable()
    // GDBus would have a source of GLib's main context for each call: see JobQueue.
    let timer = Timer(at: deadline) { cancellable.cancel() }
    defer { timer.cancel() }
    do {
      return try await start(message, cancellable, answered).arguments
    } catch BusError.cancelled where timer.hasFired {
      throw BusError.timedOut
    } catch BusError.closed {
      throw await waitForEnding()
    }
  }

  private func makeCall(_ remote: Remote, _ method: String, _ arguments: [Value]) throws -> OpaquePointer? {
    try remote.validate(member: method)
    let body = try Value.makeTuple(arguments)
    let message = g_dbus_message_new_method_call(remote.destination, remote.path, remote.interface, method)
    g_dbus_message_set_body(message, body)
    return message
  }

  private func start(
    _ message: OpaquePointer?, _ cancellable: Cancellable, _ answered: @escaping @MainLoop (Answer) -> Void
  ) async throws -> Answer {
    try await awaitCompletion(with: cancellable) { cancellable, data in
      g_dbus_connection_send_message_with_reply(
        pointer, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, .max, nil, cancellable.pointer,
        { source, result, data in
          guard let (completion, answered) = Box<Pending>.take(data) else { return }
          Box<Completion<Answer>>.take(completion)?.resume(
            with: Result {
              let reply = try throwing {
                g_dbus_connection_send_message_with_reply_finish(source.map(OpaquePointer.init), result, &$0)
              }
              defer { g_object_unref(gpointer(reply)) }
              let answer = try Answer(reply)
              answered(answer)
              return answer
            })
        }, Box<Pending>((data, answered)).retainedPointer())
    }
  }

  /// What the callback of a call gets: what it resumes, and what it calls before.
  private typealias Pending = (completion: gpointer, answered: @MainLoop (Answer) -> Void)

  /// Calls a method without asking for an answer. What D-Bus can't carry is not sent.
  public func post(_ remote: Remote, _ method: String, _ arguments: [Value] = []) {
    guard let message = try? makeCall(remote, method, arguments) else { return }
    defer { g_object_unref(gpointer(message)) }
    g_dbus_message_set_flags(message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED)
    g_dbus_connection_send_message(pointer, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, nil, nil)
  }

  /// Asks the bus for the signals that a match rule describes (D-Bus Specification, Match Rules), from the next message
  /// on. Only for a connection that ``join(socket:deadline:)`` made: others ask by themselves.
  public func addMatch(_ rule: String) { post(.bus, "AddMatch", [.string(rule)]) }

  /// Takes ``addMatch(_:)`` back: once for each time.
  public func removeMatch(_ rule: String) { post(.bus, "RemoveMatch", [.string(rule)]) }

  /// Asks for a well-known name without queueing for it.
  ///
  /// - Returns: whether the name is this connection's now.
  public func requestName(_ name: String, deadline: Deadline) async throws -> Bool {
    let doNotQueue: UInt32 = 4
    let primaryOwner: UInt32 = 1
    let alreadyOwner: UInt32 = 4
    let answer = try await call(.bus, "RequestName", [.string(name), .uint32(doNotQueue)], deadline: deadline)
    return [primaryOwner, alreadyOwner].contains(answer.first?.uint32)
  }

  /// Gives a well-known name back. Calls to it that came before are delivered before this returns.
  public func releaseName(_ name: String, deadline: Deadline) async throws {
    _ = try await call(.bus, "ReleaseName", [.string(name)], deadline: deadline)
  }
}

extension Connection.Answer {
  /// - Throws: ``BusError/remote(name:message:)`` where the message is an error.
  fileprivate init(_ message: OpaquePointer) throws {
    _ = try throwing { g_dbus_message_to_gerror(message, &$0) != 0 ? nil : true }
    sender = g_dbus_message_get_sender(message).map { String(cString: $0) } ?? ""
    arguments = g_dbus_message_get_body(message).map { Value.children(of: $0) } ?? []
  }
}
