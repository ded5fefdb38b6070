internal import CGIO

extension BoundedConnection {
  /// Calls `handler` for each signal that fits, until the connection ends. A sender is given by its unique name.
  ///
  /// - Returns: what ends it before.
  @discardableResult
  public func subscribe(_ filter: SignalFilter, _ handler: @escaping @MainLoop (Signal) -> Void) -> Subscription {
    lastSubscription += 1
    if ending == nil { subscriptions.append((lastSubscription, filter, handler)) }
    return Subscription(id: lastSubscription)
  }

  /// Calls a handler no more.
  public func cancel(_ subscription: Subscription) { subscriptions.removeAll { $0.id == subscription.id } }

  func receive(_ bytes: UnsafeRawBufferPointer) {
    do {
      let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: guchar.self)
      let message = try throwing {
        g_dbus_message_new_from_blob(start, gsize(bytes.count), G_DBUS_CAPABILITY_FLAGS_NONE, &$0)
      }
      defer { g_object_unref(gpointer(message)) }
      take(message)
    } catch {
      let reason = if case BusError.local(let text) = error { text } else { "\(error)" }
      socket.close()
      ended(by: .ended("sent a message that can't be read: \(reason)"))
    }
  }

  private func take(_ message: OpaquePointer) {
    switch g_dbus_message_get_message_type(message) {
    case G_DBUS_MESSAGE_TYPE_METHOD_RETURN, G_DBUS_MESSAGE_TYPE_ERROR: takeAnswer(message)
    case G_DBUS_MESSAGE_TYPE_SIGNAL: takeSignal(message)
    default: break
    }
  }

  private func takeAnswer(_ message: OpaquePointer) {
    guard let call = calls.removeValue(forKey: g_dbus_message_get_reply_serial(message)) else { return }
    let isAdmitted = admission.answers.contains(Self.signature(of: message))
    call(Result { () throws(BusError) in try Answer(message, withArguments: isAdmitted) })
  }

  private func takeSignal(_ message: OpaquePointer) {
    guard admission.signals.contains(Self.signature(of: message)), let signal = Signal(message) else { return }
    let interface = g_dbus_message_get_interface(message).map { String(cString: $0) }
    for (_, filter, handler) in subscriptions where filter.admits(signal, of: interface) { handler(signal) }
  }

  /// A message's signature, and where that is a variant's, which can hold anything, what it holds.
  private static func signature(of message: OpaquePointer) -> String {
    let signature = String(cString: g_dbus_message_get_signature(message))
    guard signature == "v", let body = g_dbus_message_get_body(message) else { return signature }
    let variant = g_variant_get_child_value(body, 0)
    defer { g_variant_unref(variant) }
    let content = g_variant_get_variant(variant)
    defer { g_variant_unref(content) }
    return signature + " " + String(cString: g_variant_get_type_string(content))
  }
}
