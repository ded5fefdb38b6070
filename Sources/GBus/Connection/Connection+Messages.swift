internal import CGIO

// Incoming messages.
extension Connection {
  func receive(_ bytes: UnsafeRawBufferPointer, _ descriptors: [Descriptor]) {
    guard let message = WireMessage(bytes) else { return passOver(bytes) }
    // If the message was too long, only its header is here.
    let isWhole = bytes.count == message.frame.length
    switch message.frame.kind {
    case .call: takeCall(message, isWhole: isWhole)
    case .answer, .error: takeAnswer(message, descriptors, isWhole: isWhole)
    case .signal where isWhole: takeSignal(message)
    case .signal, nil: break
    }
  }

  /// Handles a message whose header can't be read. The system bus lets none through. If it did, only that message would
  /// be lost.
  private func passOver(_ bytes: UnsafeRawBufferPointer) {
    guard bounds.lengths == nil else { return }
    do {
      g_object_unref(gpointer(try Self.parse(bytes)))
      end(for: "sent a message whose header can't be read")
    } catch {
      end(for: Self.unreadable(error))
    }
  }

  private static func parse(_ bytes: UnsafeRawBufferPointer) throws -> OpaquePointer {
    let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: guchar.self)
    return try throwing {
      g_dbus_message_new_from_blob(start, gsize(bytes.count), G_DBUS_CAPABILITY_FLAGS_NONE, &$0)
    }
  }

  private static func unreadable(_ error: any Error) -> String {
    let reason = if case BusError.local(let text) = error { text } else { "\(error)" }
    return "sent a message that can't be read: \(reason)"
  }

  private func end(for act: String) {
    socket.close()
    ended(by: .ended(act))
  }

  private func takeAnswer(_ message: WireMessage, _ descriptors: [Descriptor], isWhole: Bool) {
    guard let call = forgetCall(message.replySerial) else { return }
    let areAll = descriptors.count == message.descriptorCount
    guard isWhole else {
      let most = bounds.lengths?.answer ?? 0
      return call(
        .failure(.local("the answer has \(message.frame.length) bytes, and at most \(most) are taken")))
    }
    parse(message) { parsed in
      let isAdmitted = bounds.admission?.answers.contains(Self.signature(of: parsed)) ?? true
      call(
        Result { () throws(BusError) in
          try Answer(parsed, withArguments: isAdmitted, descriptors: areAll ? descriptors : [])
        })
    } orElse: { reason in
      call(.failure(.local(reason)))
    }
  }

  private func takeSignal(_ message: WireMessage) {
    let sender = message[.sender] ?? ""
    if sender == Remote.bus.destination, message[.member] == "NameOwnerChanged" { noteOwner(message) }
    let header = SignalFilter(
      sender: sender, path: message[.path], interface: message[.interface], member: message[.member])
    // A signal that nobody waits for is not even parsed.
    let subscribers = subscriptions.filter { $0.filter.admits(header, owners) }
    guard !subscribers.isEmpty else { return }
    if let admitted = bounds.admission?.signals, message.signature != "v", !admitted.contains(message.signature) {
      return
    }
    parse(message) { parsed in
      guard bounds.admission?.signals.contains(Self.signature(of: parsed)) ?? true, let signal = Signal(parsed) else {
        return
      }
      for subscriber in subscribers where subscriber.filter.admits(signal.arguments) { subscriber.handler(signal) }
    }
  }

  private func noteOwner(_ message: WireMessage) {
    guard !owners.isEmpty, message.signature == "sss" else { return }
    parse(message) { parsed in
      guard let signal = Signal(parsed), let name = signal.arguments.first?.string else { return }
      owners.note(signal.arguments.last?.string ?? "", of: name)
    }
  }

  /// Lets GIO parse a message. A bus that may be hostile ends with a message that can't be parsed. The system bus
  /// checks what it passes on. If GIO still refuses it, that is a mistake of its sender or ours, and affects nobody
  /// else.
  func parse(
    _ message: WireMessage, _ body: (OpaquePointer) -> Void, orElse refuse: ((String) -> Void)? = nil
  ) {
    let parsed: OpaquePointer
    do {
      parsed = try Self.parse(message.bytes)
    } catch {
      let act = Self.unreadable(error)
      refuse?("it \(act)")
      return bounds.lengths == nil ? end(for: act) : ()
    }
    defer { g_object_unref(gpointer(parsed)) }
    body(parsed)
  }

  /// Returns a message's signature. If that is a variant's, which can hold anything, the signature of its content
  /// follows.
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
