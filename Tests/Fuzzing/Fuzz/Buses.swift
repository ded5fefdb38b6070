import CDBus
import CGIO
import MessengerContract

@testable import GBus
@testable import MessengerClient
@testable import MessengerService

/// A bus's answer to the authentication. An input is a size, with 16 added if file descriptors are requested, and the
/// bytes in pieces of that size. The verdict must be the same as for all those bytes at once, and only the protocol's
/// own words admit the client.
func fuzzHandshake(_ input: Input) {
  guard let first = input.bytes.first else { return }
  let (size, asks) = (Int(first % 16) + 1, first & 16 != 0)
  var handshake = Handshake(forDescriptors: asks)
  var received: [UInt8] = []
  var rest = input.bytes.dropFirst()
  while !rest.isEmpty {
    let piece = rest.prefix(size)
    rest = rest.dropFirst(size)
    received += piece
    let verdict = handshake.receive(piece)
    var whole = Handshake(forDescriptors: asks)
    require(whole.receive(received) == verdict, "in pieces \(verdict)")
    require(whole.passesDescriptors == handshake.passesDescriptors, "in pieces another agreement")
    require(!whole.passesDescriptors || asks, "descriptors that nobody asked for")
    guard verdict == .incomplete else { return require(verdict, fits: received, of: asks ? 3 : 2) }
    require(received.count < Handshake.maximumAnswer, "it reads for ever")
  }
}

private func require(_ verdict: Handshake.Progress, fits answer: [UInt8], of count: Int) {
  switch verdict {
  case .incomplete: break
  case .accepted:
    let lines = String(decoding: answer, as: UTF8.self).unicodeScalars.split(separator: "\r\n".unicodeScalars)
    require(lines.count == count && String(lines[0]).hasPrefix("DATA") && String(lines[1]).hasPrefix("OK "), "let in")
    require(answer.suffix(2).elementsEqual("\r\n".utf8), "let in on half an answer")
  case .refused(let text):
    require(text.utf8.count <= 80 && text.utf8.allSatisfy { $0 >= 32 && $0 < 128 }, "not fit for a log: \(text)")
  }
}

/// The environments of processes, separated by two zeros. Whatever they name, they yield few addresses, each is a
/// socket that C reads as it was written, and the standard one is among them.
func fuzzBusNames(_ input: Input) {
  let standard = BusAddress(name: "/run/user/7/bus")
  var names = SessionBusCandidates()
  var rest = input.bytes[...]
  while !rest.isEmpty {
    let end = rest.indices.dropLast().first { rest[$0] == 0 && rest[$0 + 1] == 0 }
    names.read(rest[..<(end ?? rest.endIndex)])
    rest = rest[(end.map { $0 + 2 } ?? rest.endIndex)...]
  }
  let ranked = names.ranked(standard: standard)
  require(ranked.contains(standard) && ranked.count <= SessionBusCandidates.most + 1, "\(ranked)")
  require(Set(ranked).count == ranked.count, "twice: \(ranked)")
  for address in ranked {
    require(address.name.utf8.first.map("/@".utf8.contains) ?? false, "no socket: \(address)")
    require(address.name != "@", "no name")
    require(!address.name.utf8.contains(0), "cut off: \(address)")
  }
}

/// Values in GLib's form. An input is a type, a zero, and the value's serialized form, which may be broken. The value
/// that is read must have that type, can be sent again, and is then the same.
func fuzzValue(_ input: Input) {
  let parts = input.parts(separatedBy: 0, maxSplits: 1)
  let type = String(decoding: parts[0], as: UTF8.self)
  guard parts.count == 2, g_variant_is_signature(type) != 0, g_variant_type_string_is_valid(type) != 0 else { return }
  let bytes = g_bytes_new(parts[1], gsize(parts[1].count))
  defer { g_bytes_unref(bytes) }
  let variantType = g_variant_type_new(type)
  defer { g_variant_type_free(variantType) }
  guard let variant = g_variant_ref_sink(g_variant_new_from_bytes(variantType, bytes, 0)) else { return }
  defer { g_variant_unref(variant) }
  // An empty structure exists in GLib but not in D-Bus. GLib also makes one of a broken variant. No bus lets one
  // through.
  guard let value = Value(variant), !value.hasEmptyStructure else { return }
  require(value.typeString == type, "a \(type) was read as \(value.typeString)")
  requireSendable([value])
}

/// A whole message, as GDBus reads it from a bus. Its arguments can be sent again.
func fuzzWire(_ input: Input) {
  var error: UnsafeMutablePointer<GError>?
  var bytes = input.bytes
  let message = g_dbus_message_new_from_blob(&bytes, gsize(bytes.count), GDBusCapabilityFlags(0), &error)
  g_clear_error(&error)
  guard let message else { return }
  defer { g_object_unref(gpointer(message)) }
  guard let body = g_dbus_message_get_body(message) else { return }
  let arguments = Value.children(of: body)
  require(arguments.count == Int(g_variant_n_children(body)), "an argument was lost")
  if !arguments.isEmpty { requireSendable(arguments) }
}

/// A message of the system bus, cut out of a stream. Its header is read and its arguments are counted before GIO parses
/// it. An input is a size, and the bytes in pieces of that size. Everything that GIO accepts must be read in the same
/// way here, even while an answer with file descriptors is awaited.
func fuzzCall(_ input: Input) {
  guard let size = input.bytes.first.map({ Int($0) + 1 }) else { return }
  var assembler = MessageAssembler(bounds: .systemBus, at: .now)
  var rest = input.bytes.dropFirst()
  while !rest.isEmpty {
    let piece = Array(rest.prefix(size))
    rest = rest.dropFirst(size)
    let verdict = piece.withUnsafeBytes { bytes in
      assembler.take(bytes, at: .now) { message in
        requireAgreement(message)
        return true
      }
    }
    if case .wrong = verdict { break }
    require(verdict == .goOn, "the system bus has to wait")
  }
  requireCare(Array(input.bytes.dropFirst()))
}

/// Reads like a socket while answers to the calls 1 to 9 may have descriptors. Each read with room for descriptors
/// begins with the first byte of such an answer, and ends with it.
private func requireCare(_ stream: [UInt8]) {
  let awaited = AwaitedDescriptors(calls: Set(1...9))
  var assembler = MessageAssembler(bounds: .systemBus, at: .now)
  var whole = assembler
  var (messages, atOnce): ([[UInt8]], [[UInt8]]) = ([], [])
  _ = whole.take(stream, &atOnce)
  var rest = stream[...]
  while !rest.isEmpty {
    let beginning = Array(rest.prefix(AwaitedDescriptors.glance))
    let portion =
      assembler.isBetweenMessages
      ? beginning.withUnsafeBytes { awaited.portion(of: $0, most: 64 << 10) }
      : AwaitedDescriptors.Portion(length: min(assembler.missing, 64 << 10), withDescriptors: false)
    require(portion.length > 0, "it reads nothing")
    if portion.withDescriptors {
      beginning.withUnsafeBytes { bytes in
        let message = require(WireMessage(bytes), "descriptors of no message")
        let isAwaited = message.frame.kind == .answer && awaited.calls.contains(message.replySerial)
        require(isAwaited, "a stranger's descriptors")
        require(portion.length <= message.frame.length, "the next message's descriptors")
      }
    }
    let count = messages.count
    let verdict = assembler.take(Array(rest.prefix(portion.length)), &messages)
    require(messages.count <= count + 1, "two messages in a portion")
    if case .wrong = verdict { break }
    rest = rest.dropFirst(portion.length)
  }
  require(messages == atOnce, "read with care, other messages come of it")
}

extension MessageAssembler {
  fileprivate mutating func take(_ bytes: [UInt8], _ messages: inout [[UInt8]]) -> Verdict {
    bytes.withUnsafeBytes { bytes in
      take(bytes, at: .now) {
        messages.append(Array($0))
        return true
      }
    }
  }
}

private func requireAgreement(_ bytes: UnsafeRawBufferPointer) {
  let ours = WireMessage(bytes)
  if let ours, bytes.count < ours.frame.length {
    return require(bytes.count == ours.frame.headerLength, "half a header")
  }
  var error: UnsafeMutablePointer<GError>?
  var copy = Array(bytes)
  let parsed = g_dbus_message_new_from_blob(&copy, gsize(copy.count), GDBusCapabilityFlags(0), &error)
  g_clear_error(&error)
  guard let parsed else { return }
  defer { g_object_unref(gpointer(parsed)) }
  guard let ours else { return }
  require(ours.frame.serial == g_dbus_message_get_serial(parsed), "another serial")
  require(ours.signature == String(cString: g_dbus_message_get_signature(parsed)), "another signature")
  require(ours[.member] == g_dbus_message_get_member(parsed).map { String(cString: $0) }, "another member")
  require(ours[.sender] == g_dbus_message_get_sender(parsed).map { String(cString: $0) }, "another sender")
  guard let body = g_dbus_message_get_body(parsed), let sizes = try? ours.sizes() else { return }
  let arguments = Value.children(of: body)
  require(sizes.map(\.values) == arguments.map(\.count), "\(sizes) of \(arguments)")
}

private func requireSendable(_ values: [Value]) {
  let tuple = require(g_variant_ref_sink(try? Value.makeTuple(values)), "not to be sent: \(values)")
  defer { g_variant_unref(tuple) }
  let again = Value.children(of: tuple)
  // A value that is not a number is equal to nothing, but prints the same.
  require(again == values || "\(again)" == "\(values)", "sent again, it is another: \(values)")
}

extension Value {
  /// The number of values in it.
  fileprivate var count: Int {
    switch self {
    case .variant(let value): 1 + value.count
    case .array(_, let values), .structure(let values): values.reduce(1) { $0 + $1.count }
    case .entry(let key, let value): 1 + key.count + value.count
    default: 1
    }
  }

  fileprivate var hasEmptyStructure: Bool {
    switch self {
    case .variant(let value): value.hasEmptyStructure
    case .array(_, let values): values.contains(where: \.hasEmptyStructure)
    case .structure(let members): members.isEmpty || members.contains(where: \.hasEmptyStructure)
    case .entry(let key, let value): key.hasEmptyStructure || value.hasEmptyStructure
    default: false
    }
  }
}

/// A whole message, as libdbus reads it. Each answer of the service is read, or refused with the reason.
func fuzzMessage(_ input: Input) {
  var error = DBusError()
  dbus_error_init(&error)
  defer { dbus_error_free(&error) }
  let bytes = input.bytes.map(CChar.init(bitPattern:))
  guard let pointer = dbus_message_demarshal(bytes, Int32(bytes.count), &error) else { return }
  let message = BusMessage(owning: pointer)
  _ = message.error
  read { try Receipt(from: message).deliveries.count }
  read { try DeliveryChanges(from: message).deliveries.count }
  read { try message.read { try $0.array { try Session(from: &$0) } }.count }
  read { try message.read { try ServiceProperties(from: &$0) }.version.count }
}

/// Reads a message. The only permitted failure says what is malformed.
private func read(_ body: () throws -> Int) {
  do {
    _ = try body()
  } catch ClientError.malformedAnswer(let reason) {
    require(!reason.isEmpty, "malformed without a reason")
  } catch {
    require(false, "malformed, but \(error)")
  }
}

/// The bytes of a client with a key for messages only. An input is a size, and the bytes in pieces of that size. What
/// passes is the same as for all bytes at once, goes to messages or the bus, and is complete.
func fuzzGate(_ input: Input) {
  guard let size = input.bytes.first.map({ Int($0 % 16) + 1 }) else { return }
  let object = Remote(destination: "org.msgd.Messenger1", path: "/org/msgd/Messenger1", interface: "a.b")
  let said = Handshake.greeting + input.bytes.dropFirst()
  var whole = MessageFilter(to: object, id: "")
  guard let expected = try? whole.take(said) else { return }
  var gate = MessageFilter(to: object, id: "")
  var outcome = MessageFilter.Outcome()
  var rest = said[...]
  while !rest.isEmpty {
    guard let piece = try? gate.take(rest.prefix(size)) else { return require(false, "it ends in pieces only") }
    outcome.answer += piece.answer
    outcome.passed += piece.passed
    rest = rest.dropFirst(size)
  }
  require(outcome == expected, "in pieces \(outcome), at once \(expected)")
  require(messagesOnly: outcome.passed[...])
}

private func require(messagesOnly passed: ArraySlice<UInt8>) {
  var rest = passed
  while !rest.isEmpty {
    let length = rest.withUnsafeBytes { bytes -> Int in
      guard let message = WireMessage(bytes) else { return 0 }
      let isOurs = message[.destination] == "org.msgd.Messenger1" && message[.path] == "/org/msgd/Messenger1"
      require(isOurs || message[.destination] == "org.freedesktop.DBus", "to \(message[.destination] ?? "nobody")")
      return message.frame.length
    }
    require(length > 0 && length <= rest.count, "half a message")
    rest = rest.dropFirst(length)
  }
}
