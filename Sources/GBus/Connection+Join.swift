internal import CBoundedStream
internal import CGIO

extension Connection {
  /// Joins the message bus behind a connected socket on which authentication is done (its last line, `BEGIN`, was sent).
  ///
  /// GDBus isn't told that this is a bus, for then it would say Hello in a thread of a small pool, which a few buses that
  /// never answer could fill. So match rules are the caller's business here: ``addMatch(_:)``.
  ///
  /// A session bus is somebody else's program, so what it may send and how fast is bounded (``CBoundedStream``); file
  /// descriptors aren't taken.
  ///
  /// - Parameters:
  ///   - socket: a non-blocking stream socket, which is the connection's from now on, also where this throws.
  ///   - deadline: for the bus's answer to Hello.
  /// - Returns: the connection, which has its unique name.
  /// - Throws: ``BusError``.
  public static func join(socket: Int32, deadline: Deadline) async throws -> Connection {
    let pointer = try makePointer(socket: socket)
    let connection = Connection(taking: pointer)
    do {
      let answer = try await connection.call(.bus, "Hello", deadline: deadline)
      guard let name = answer.first?.string else { throw BusError.ended("answered Hello without a name") }
      connection.uniqueName = name
      return connection
    } catch {
      connection.cut()
      throw error
    }
  }

  private static func makePointer(socket: Int32) throws -> OpaquePointer {
    shortenLog
    // It takes the socket also where it fails: it closes it.
    let wrapped = try throwing { g_socket_new_from_fd(socket, &$0) }
    defer { g_object_unref(wrapped) }
    let stream = msg_bounded_stream_new(UnsafeMutableRawPointer(wrapped))
    defer { g_object_unref(stream) }
    let base = stream?.assumingMemoryBound(to: GIOStream.self)
    return try throwing { g_dbus_connection_new_sync(base, nil, G_DBUS_CONNECTION_FLAGS_NONE, nil, nil, &$0) }
  }

  /// Whether the other side has sent so much that it was left waiting, and what it had to say with it.
  public var isFlooded: Bool { msg_bounded_stream_has_paused(g_dbus_connection_get_stream(pointer)) }

  /// Keeps from the main loop what it has no use for: method calls, which GDBus would answer; signals with other arguments
  /// than of the given signatures; and of answers such arguments, which can be many times larger here than on the wire. For a
  /// bus on which nothing is served, and which may be hostile.
  ///
  /// - Parameters:
  ///   - signals: signatures.
  ///   - answers: signatures; of a lone variant, `v`, a space, and the signature of what it holds.
  public func admitOnly(signals: Set<String>, answers: Set<String>) {
    let admitted = Admitted(signals: signals, answers: answers)
    g_dbus_connection_add_filter(pointer, filter, Box(admitted).retainedPointer(), Box<Admitted>.release)
  }
}

/// Signatures of what a connection takes.
private struct Admitted: Sendable {
  let signals: Set<String>
  let answers: Set<String>
}

/// Outside of the actor, so that the closure for C is too: GDBus calls it on its own thread, where one of the actor's would trap.
private let filter: GDBusMessageFilterFunction = { _, message, isIncoming, data in
  guard let message, isIncoming != 0, let admitted = Box<Admitted>.peek(data) else { return message }
  let signature = signature(of: message)
  switch g_dbus_message_get_message_type(message) {
  case G_DBUS_MESSAGE_TYPE_METHOD_RETURN, G_DBUS_MESSAGE_TYPE_ERROR:
    return admitted.answers.contains(signature) ? message : emptied(message)
  case G_DBUS_MESSAGE_TYPE_SIGNAL where admitted.signals.contains(signature): return message
  default:
    g_object_unref(gpointer(message))
    return nil
  }
}

/// A message's signature, and where that is a variant's, which can hold anything, what it holds.
private func signature(of message: OpaquePointer) -> String {
  let signature = String(cString: g_dbus_message_get_signature(message))
  guard signature == "v", let body = g_dbus_message_get_body(message) else { return signature }
  let variant = g_variant_get_child_value(body, 0)
  defer { g_variant_unref(variant) }
  let content = g_variant_get_variant(variant)
  defer { g_variant_unref(content) }
  return signature + " " + String(cString: g_variant_get_type_string(content))
}

/// The same answer without arguments, in place of a message that must not be changed.
private func emptied(_ message: OpaquePointer) -> OpaquePointer? {
  let answer = g_dbus_message_new()
  g_dbus_message_set_message_type(answer, g_dbus_message_get_message_type(message))
  g_dbus_message_set_reply_serial(answer, g_dbus_message_get_reply_serial(message))
  if let name = g_dbus_message_get_error_name(message) { g_dbus_message_set_error_name(answer, name) }
  g_object_unref(gpointer(message))
  return answer
}

/// GDBus warns of a message that it can't read by printing each byte of it: a stranger would fill the journal. The first line
/// says enough.
private let shortenLog: Void = {
  g_log_set_handler(
    "GLib-GIO", G_LOG_LEVEL_WARNING,
    { domain, level, message, _ in
      let line = message.map { String(cString: $0).prefix { $0 != "\n" } } ?? ""
      g_log_default_handler(domain, level, String(line.prefix(200)), nil)
    }, nil)
}()
