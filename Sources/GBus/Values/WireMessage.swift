/// The kinds of messages (D-Bus Specification, Message Types).
enum MessageKind: UInt8 {
  case call = 1
  case answer = 2
  case error = 3
  case signal = 4
}

/// The first 16 bytes of a message, which say its kind and length (D-Bus Specification, Message Format).
struct WireFrame {
  static let size = 16

  /// `nil` for an unknown kind, which must be ignored.
  let kind: MessageKind?
  let flags: UInt8
  let serial: UInt32
  /// The length before the body.
  let headerLength: Int
  /// The length of the fields, without padding.
  let fieldsLength: Int
  let bodyLength: Int
  let isBigEndian: Bool

  /// The message's length.
  var length: Int { headerLength + bodyLength }

  /// Returns `nil` if the bytes are not a D-Bus message.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.size, bytes[3] == 1, [UInt8(ascii: "l"), UInt8(ascii: "B")].contains(bytes[0]) else {
      return nil
    }
    isBigEndian = bytes[0] == UInt8(ascii: "B")
    kind = MessageKind(rawValue: bytes[1])
    flags = bytes[2]
    var reader = WireReader(bytes, at: 4, isBigEndian: isBigEndian)
    guard let body = try? reader.uint32(), let serial = try? reader.uint32(), let fields = try? reader.uint32(),
      serial > 0, fields > 0
    else { return nil }
    self.serial = serial
    bodyLength = Int(body)
    fieldsLength = Int(fields)
    headerLength = (Self.size + Int(fields) + 7) & ~7
  }
}

/// A received message that isn't parsed yet. Its header is read here, so that an unwanted message costs nothing more.
/// It lives as long as its bytes.
struct WireMessage {
  /// The fields of a header that are used here (D-Bus Specification, Header Fields).
  enum Field: UInt8 {
    case path = 1
    case interface = 2
    case member = 3
    case replySerial = 5
    case destination = 6
    case sender = 7
    case signature = 8
    case descriptors = 9
  }

  private static let noReplyExpected: UInt8 = 1
  private static let allowInteraction: UInt8 = 4

  /// The whole message, or only its header.
  let bytes: UnsafeRawBufferPointer
  let frame: WireFrame
  private var texts: [(field: Field, range: Range<Int>)] = []
  /// The serial number of the call that it answers.
  private(set) var replySerial: UInt32 = 0
  /// How many file descriptors come with it.
  private(set) var descriptorCount: UInt32 = 0

  /// Returns `nil` if the header can't be read.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let frame = WireFrame(bytes), bytes.count >= frame.headerLength else { return nil }
    self.bytes = bytes
    self.frame = frame
    let fields = UnsafeRawBufferPointer(rebasing: bytes[..<(WireFrame.size + frame.fieldsLength)])
    var reader = WireReader(fields, at: WireFrame.size, isBigEndian: frame.isBigEndian)
    do {
      while !reader.isAtEnd { try readField(&reader) }
    } catch {
      return nil
    }
  }

  /// Whether the sender waits for an answer.
  var wantsAnswer: Bool { frame.flags & Self.noReplyExpected == 0 }

  /// Whether the sender is prepared to wait while somebody is asked for a password.
  var allowsInteraction: Bool { frame.flags & Self.allowInteraction != 0 }

  /// The text of a field; `nil` if there is none.
  subscript(field: Field) -> String? {
    texts.first { $0.field == field }.map { String(decoding: bytes[$0.range], as: UTF8.self) }
  }

  /// The types of its arguments.
  var signature: String { self[.signature] ?? "" }

  /// Counts the values in each of its arguments.
  ///
  /// - Throws: ``WireReader/Malformed``.
  func sizes() throws -> [ArgumentSize] {
    var reader = WireReader(bytes, at: frame.headerLength, isBigEndian: frame.isBigEndian)
    let signature = Array(signature.utf8)
    var sizes: [ArgumentSize] = []
    var type = 0
    while type < signature.count { sizes.append(try reader.skip(signature, &type)) }
    guard reader.isAtEnd else { throw WireReader.Malformed() }
    return sizes
  }

  /// Adds a text field. A repeated field, or a text with a zero in it, is refused, because different readers would
  /// understand it differently.
  private mutating func add(_ field: Field, _ range: Range<Int>) throws {
    guard !texts.contains(where: { $0.field == field }), !bytes[range].contains(0) else { throw WireReader.Malformed() }
    texts.append((field, range))
  }

  private mutating func readField(_ reader: inout WireReader) throws {
    try reader.align(to: 8)
    let field = Field(rawValue: try reader.byte())
    let signature = Array(bytes[try reader.signature()])
    switch (field, signature) {
    case (.replySerial, [UInt8(ascii: "u")]) where replySerial == 0: replySerial = try reader.uint32()
    case (.descriptors, [UInt8(ascii: "u")]) where descriptorCount == 0: descriptorCount = try reader.uint32()
    case (let field?, [UInt8(ascii: "s")]), (let field?, [UInt8(ascii: "o")]): try add(field, try reader.text())
    case (let field?, [UInt8(ascii: "g")]): try add(field, try reader.signature())
    // A field of another type, or a repeated one, is refused like a repeated text.
    case (_?, _): throw WireReader.Malformed()
    case (nil, _):
      var type = 0
      _ = try reader.skip(signature, &type)
      guard type == signature.count else { throw WireReader.Malformed() }
    }
  }
}
