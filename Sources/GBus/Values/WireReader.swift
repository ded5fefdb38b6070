/// The size of an argument, counted before any of it becomes a ``Value``.
public struct ArgumentSize: Sendable, Equatable {
  /// The number of elements, if it is an array.
  public let elements: Int
  /// The number of all values in it: itself, containers and their contents. The bytes of a text don't count.
  public let values: Int

  /// Makes a size.
  public init(elements: Int, values: Int) {
    self.elements = elements
    self.values = values
  }
}

/// Reads D-Bus's wire format as far as necessary to find lengths and counts (D-Bus Specification, Marshaling). Its
/// results don't matter for a message that GIO then refuses.
struct WireReader {
  /// The error for bytes that are not a D-Bus message.
  struct Malformed: Error {}

  /// How deeply containers may be nested (D-Bus Specification, Valid Signatures: 32 arrays and 32 structures).
  private static let deepest = 64

  private let bytes: UnsafeRawBufferPointer
  private let isBigEndian: Bool
  private var at: Int

  /// - Parameters:
  ///   - bytes: the message's bytes, from its beginning.
  ///   - at: the position to begin at.
  ///   - isBigEndian: whether the message's byte order is big-endian.
  init(_ bytes: UnsafeRawBufferPointer, at: Int, isBigEndian: Bool) {
    self.bytes = bytes
    self.at = at
    self.isBigEndian = isBigEndian
  }

  /// Whether no bytes are left.
  var isAtEnd: Bool { at >= bytes.count }

  mutating func align(to alignment: Int) throws {
    let next = (at + alignment - 1) / alignment * alignment
    guard next <= bytes.count else { throw Malformed() }
    at = next
  }

  mutating func byte() throws -> UInt8 {
    let begin = at
    try pass(1)
    return bytes[begin]
  }

  mutating func uint32() throws -> UInt32 {
    try align(to: 4)
    let begin = at
    try pass(4)
    let number = bytes.loadUnaligned(fromByteOffset: begin, as: UInt32.self)
    return isBigEndian ? UInt32(bigEndian: number) : UInt32(littleEndian: number)
  }

  /// Reads a text, and returns its position.
  mutating func text() throws -> Range<Int> { try text(length: Int(try uint32())) }

  /// Reads a signature, and returns its position.
  mutating func signature() throws -> Range<Int> { try text(length: Int(try byte())) }

  /// Skips a value of the type at a position in a signature, and moves on to the next type.
  ///
  /// - Returns: the value's size.
  mutating func skip(_ signature: [UInt8], _ type: inout Int) throws -> ArgumentSize {
    var elements = 0
    let values = try skip(signature, &type, depth: 0, elements: &elements)
    return ArgumentSize(elements: elements, values: values)
  }

  private mutating func text(length: Int) throws -> Range<Int> {
    let begin = at
    try pass(length + 1)
    return begin..<begin + length
  }

  private mutating func pass(_ count: Int) throws {
    guard count <= bytes.count - at else { throw Malformed() }
    at += count
  }

  private mutating func skip(
    _ signature: [UInt8], _ type: inout Int, depth: Int, elements: inout Int
  ) throws -> Int {
    guard type < signature.count, depth <= Self.deepest else { throw Malformed() }
    let code = signature[type]
    if let size = Self.fixedSize(code) {
      type += 1
      try align(to: size)
      try pass(size)
      return 1
    }
    switch code {
    case UInt8(ascii: "s"), UInt8(ascii: "o"): _ = try text()
    case UInt8(ascii: "g"): _ = try self.signature()
    case UInt8(ascii: "v"):
      type += 1
      return 1 + (try skipVariant(depth))
    case UInt8(ascii: "a"): return 1 + (try skipArray(signature, &type, depth, &elements))
    case UInt8(ascii: "("), UInt8(ascii: "{"): return 1 + (try skipMembers(signature, &type, depth))
    default: throw Malformed()
    }
    type += 1
    return 1
  }

  private mutating func skipVariant(_ depth: Int) throws -> Int {
    let content = Array(bytes[try signature()])
    var (type, elements) = (0, 0)
    let values = try skip(content, &type, depth: depth + 1, elements: &elements)
    guard type == content.count else { throw Malformed() }
    return values
  }

  private mutating func skipMembers(_ signature: [UInt8], _ type: inout Int, _ depth: Int) throws -> Int {
    let end = signature[type] == UInt8(ascii: "(") ? UInt8(ascii: ")") : UInt8(ascii: "}")
    type += 1
    try align(to: 8)
    var (values, elements) = (0, 0)
    while type < signature.count, signature[type] != end {
      values += try skip(signature, &type, depth: depth + 1, elements: &elements)
    }
    guard type < signature.count, values > 0 else { throw Malformed() }
    type += 1
    return values
  }

  private mutating func skipArray(
    _ signature: [UInt8], _ type: inout Int, _ depth: Int, _ elements: inout Int
  ) throws -> Int {
    let element = type + 1
    let next = try Self.end(of: element, in: signature)
    let length = Int(try uint32())
    try align(to: Self.alignment(signature[element]))
    guard length <= bytes.count - at else { throw Malformed() }
    let end = at + length
    type = next
    if let size = Self.fixedSize(signature[element]) {
      elements = length / size
      at = end
      return elements
    }
    var (values, inner) = (0, 0)
    elements = 0
    while at < end {
      var place = element
      values += try skip(signature, &place, depth: depth + 1, elements: &inner)
      elements += 1
    }
    guard at == end else { throw Malformed() }
    return values
  }

  /// Returns the end of the type that begins at a position in a signature.
  private static func end(of type: Int, in signature: [UInt8]) throws -> Int {
    var place = type
    while place < signature.count, signature[place] == UInt8(ascii: "a") { place += 1 }
    guard place < signature.count else { throw Malformed() }
    var depth = 0
    repeat {
      guard place < signature.count else { throw Malformed() }
      if [UInt8(ascii: "("), UInt8(ascii: "{")].contains(signature[place]) { depth += 1 }
      if [UInt8(ascii: ")"), UInt8(ascii: "}")].contains(signature[place]) { depth -= 1 }
      place += 1
    } while depth > 0
    return place
  }

  private static func fixedSize(_ code: UInt8) -> Int? {
    switch code {
    case UInt8(ascii: "y"): 1
    case UInt8(ascii: "n"), UInt8(ascii: "q"): 2
    case UInt8(ascii: "b"), UInt8(ascii: "i"), UInt8(ascii: "u"), UInt8(ascii: "h"): 4
    case UInt8(ascii: "x"), UInt8(ascii: "t"), UInt8(ascii: "d"): 8
    default: nil
    }
  }

  private static func alignment(_ code: UInt8) -> Int {
    switch code {
    case UInt8(ascii: "g"), UInt8(ascii: "v"): 1
    case UInt8(ascii: "s"), UInt8(ascii: "o"), UInt8(ascii: "a"): 4
    case UInt8(ascii: "("), UInt8(ascii: "{"): 8
    default: fixedSize(code) ?? 1
    }
  }
}
