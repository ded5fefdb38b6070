internal import CGIO

/// A connection to a message bus.
///
/// It ends with ``close()`` or when the bus ends it; calls under way then throw ``BusError/closed``.
@MainLoop
public final class Connection {
  /// Unsafe only for the compiler: any thread may use, and release, a `GDBusConnection` (GIO's reference).
  nonisolated(unsafe) let pointer: OpaquePointer
  /// The name that the bus gave to this connection, such as `:1.42`.
  public private(set) var uniqueName = ""
  /// Called once, when the connection ended without ``close()``; also where it had ended before this was set.
  public var onClosed: (@MainLoop () -> Void)? {
    didSet {
      if onClosed != nil, isClosed { MainLoop.task { self.tellEnding() } }
    }
  }

  /// What ``subscribe(_:_:)`` asked for. A handler may hold the connection, so these end with it.
  var subscriptions: [guint] = []

  /// How long a bus may take to read what was sent before ``close()``.
  private static let farewell: Duration = .seconds(1)

  init(taking pointer: OpaquePointer) {
    self.pointer = pointer
    g_dbus_connection_set_exit_on_close(pointer, 0)
    let closed: @MainLoop () -> Void = { [weak self] in self?.ended() }
    let callback: @convention(c) (OpaquePointer?, gboolean, UnsafeMutablePointer<GError>?, gpointer?) -> Void = {
      _, _, _, data in
      Box<@MainLoop () -> Void>.peek(data)?()
    }
    g_signal_connect_data(
      gpointer(pointer), "closed", unsafeBitCast(callback, to: GCallback.self), Box(closed).retainedPointer(),
      // Sendable, and so outside of the actor: GDBus's own thread may be the one that frees the connection.
      { @Sendable data, _ in Box<@MainLoop () -> Void>.release(data) }, GConnectFlags(0))
  }

  deinit { g_object_unref(gpointer(pointer)) }

  /// Connects to the system bus: the one of `DBUS_SYSTEM_BUS_ADDRESS`, where that is set.
  public static func system() async throws -> Connection {
    let address = try throwing { g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, nil, &$0) }
    defer { g_free(address) }
    let flags =
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT.rawValue | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION.rawValue
    let bits: UInt = try await awaitCompletion { cancellable, data in
      g_dbus_connection_new_for_address(
        address, GDBusConnectionFlags(flags), nil, cancellable.pointer,
        { _, result, data in
          Box<Completion<UInt>>.take(data)?.resume(
            with: Result { UInt(bitPattern: try throwing { g_dbus_connection_new_for_address_finish(result, &$0) }) })
        }, data)
    }
    let connection = try Connection(bits: bits)
    connection.uniqueName = String(cString: g_dbus_connection_get_unique_name(connection.pointer))
    return connection
  }

  private convenience init(bits: UInt) throws {
    guard let pointer = OpaquePointer(bitPattern: bits) else { throw BusError.closed }
    self.init(taking: pointer)
  }

  /// Whether the connection ended.
  public var isClosed: Bool { g_dbus_connection_is_closed(pointer) != 0 }

  /// Ends the connection; what was sent before still goes out, to a bus that reads it within a second.
  public func close() {
    onClosed = nil
    unsubscribe()
    let timer = Timer(at: .after(Self.farewell)) { self.cut() }
    MainLoop.task {
      try? await self.flush()
      timer.cancel()
      self.cut()
    }
  }

  /// Ends the connection at once: GDBus drops what it has not written.
  func cut() { g_dbus_connection_close(pointer, nil, nil, nil) }

  /// Waits until everything that was sent is with the kernel, or the connection ends.
  ///
  /// It waits in a thread of GIO's small pool, which can't be cancelled: not for a bus that may not read.
  public func flush() async throws {
    let _: Bool = try await awaitCompletion { cancellable, data in
      g_dbus_connection_flush(
        pointer, cancellable.pointer,
        { source, result, data in
          Box<Completion<Bool>>.take(data)?.resume(
            with: Result {
              try throwing {
                g_dbus_connection_flush_finish(source.map(OpaquePointer.init), result, &$0) != 0 ? true : nil
              }
            })
        }, data)
    }
  }

  private func unsubscribe() {
    for subscription in subscriptions { g_dbus_connection_signal_unsubscribe(pointer, subscription) }
    subscriptions = []
  }

  private func ended() {
    unsubscribe()
    tellEnding()
  }

  private func tellEnding() {
    let action = onClosed
    onClosed = nil
    action?()
  }
}
