internal import CGIO

extension Connection {
  /// Calls a method and waits for its answer: the values that it returns.
  ///
  /// - Parameters:
  ///   - remote: whose method.
  ///   - method: its name.
  ///   - arguments: what it is called with.
  ///   - deadline: until when an answer counts.
  ///   - allowsInteraction: whether the other side may have somebody asked for a password meanwhile.
  /// - Returns: the values of the answer.
  /// - Throws: ``BusError``; ``BusError/timedOut`` at the deadline; ``BusError/local(_:)`` where a name or an argument is
  ///   not one that D-Bus can carry.
  public func call(
    _ remote: Remote, _ method: String, _ arguments: [Value] = [], deadline: Deadline, allowsInteraction: Bool = false
  ) async throws -> [Value] {
    let message = try remote.makeCall(of: method, arguments)
    defer { g_object_unref(gpointer(message)) }
    if allowsInteraction {
      g_dbus_message_set_flags(message, G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION)
    }
    let cancellable = Cancellable()
    // GDBus would have a source of GLib's main context for each call: see JobQueue.
    let timer = Timer(at: deadline) { cancellable.cancel() }
    defer { timer.cancel() }
    do {
      return try await start(message, cancellable).arguments
    } catch BusError.cancelled where timer.hasFired {
      throw BusError.timedOut
    }
  }

  private func start(_ message: OpaquePointer?, _ cancellable: Cancellable) async throws -> Answer {
    try await awaitCompletion(with: cancellable) { cancellable, data in
      g_dbus_connection_send_message_with_reply(
        pointer, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, .max, nil, cancellable.pointer,
        { source, result, data in
          Box<Completion<Answer>>.take(data)?.resume(
            with: Result {
              let reply = try throwing {
                g_dbus_connection_send_message_with_reply_finish(source.map(OpaquePointer.init), result, &$0)
              }
              defer { g_object_unref(gpointer(reply)) }
              return try Answer(reply)
            })
        }, data)
    }
  }

  /// Calls a method without asking for an answer. What D-Bus can't carry is not sent.
  public func post(_ remote: Remote, _ method: String, _ arguments: [Value] = []) {
    guard let message = try? remote.makeCall(of: method, arguments) else { return }
    defer { g_object_unref(gpointer(message)) }
    g_dbus_message_set_flags(message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED)
    g_dbus_connection_send_message(pointer, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, nil, nil)
  }

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
