/// Reads JSON (RFC 8259) from a stranger: strictly, once, and in bounded depth. 10 000 receipts take less than a tenth
/// of a second; Foundation's decoder takes longer, and makes a program start slowly.
///
/// Stricter than the RFC: a name that is twice in an object is an error, and so is a number too large for its type.
public struct JSONReader {
  /// How deep arrays and objects may be in each other.
  public static let deepest = 16

  private let bytes: UnsafeBufferPointer<UInt8>
  private let deepest: Int
  private var position = 0

  /// Reads one value, which may have white space around it.
  ///
  /// - Parameters:
  ///   - bytes: the text.
  ///   - deepest: how many arrays and objects may be in each other.
  /// - Returns: the value.
  /// - Throws: a ``JSONError`` with the position of the first byte that doesn't fit.
  public static func read(
    _ bytes: some Sequence<UInt8>, deepest: Int = Self.deepest
  ) throws(JSONError) -> JSONValue {
    var result: Result<JSONValue, JSONError> = .failure(JSONError("no JSON"))
    let read = { (buffer: UnsafeBufferPointer<UInt8>) in
      var reader = JSONReader(bytes: buffer, deepest: deepest)
      do throws(JSONError) { result = .success(try reader.whole()) } catch { result = .failure(error) }
    }
    if bytes.withContiguousStorageIfAvailable(read) == nil { Array(bytes).withUnsafeBufferPointer(read) }
    return try result.get()
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, deepest: Int) { (self.bytes, self.deepest) = (bytes, deepest) }

  private mutating func whole() throws(JSONError) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw fault }
    return value
  }

  private var fault: JSONError { JSONError("no JSON at byte \(position + 1)") }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ word: StaticString) throws(JSONError) {
    for offset in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[offset] else { throw fault }
      position += 1
    }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return .object(try members(depth: depth))
    case UInt8(ascii: "["): return .array(try elements(depth: depth))
    case UInt8(ascii: "\""): return .text(try text())
    case UInt8(ascii: "t"):
      try expect("true")
      return .boolean(true)
    case UInt8(ascii: "f"):
      try expect("false")
      return .boolean(false)
    case UInt8(ascii: "n"):
      try expect("null")
      return .null
    default: return try number()
    }
  }

  private mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth < deepest else { throw JSONError("too deep at byte \(position + 1)") }
    position += 1
    skipSpace()
  }

  private mutating func elements(depth: Int) throws(JSONError) -> [JSONValue] {
    try enter(depth)
    var elements: [JSONValue] = []
    if take("]") { return elements }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw fault }
    return elements
  }

  private mutating func members(depth: Int) throws(JSONError) -> [String: JSONValue] {
    try enter(depth)
    var members: [String: JSONValue] = [:]
    if take("}") { return members }
    repeat {
      skipSpace()
      let start = position
      let name = try text()
      skipSpace()
      guard take(":") else { throw fault }
      let former = members.updateValue(try value(depth: depth + 1), forKey: name)
      guard former == nil else { throw JSONError("a name for the second time at byte \(start + 1)") }
      skipSpace()
    } while take(",")
    guard take("}") else { throw fault }
    return members
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    var isWhole = true
    _ = take("-")
    // No digit follows a zero at the beginning.
    if !take("0") { try digits() }
    if take(".") {
      isWhole = false
      try digits()
    }
    if take("e") || take("E") {
      isWhole = false
      if !take("+") { _ = take("-") }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole {
      guard let number = Int64(text) else { throw JSONError("too large a number at byte \(start + 1)") }
      return .integer(number)
    }
    guard let number = Double(text), number.isFinite else {
      throw JSONError("too large a number at byte \(start + 1)")
    }
    return .decimal(number)
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    guard position > start else { throw fault }
  }

  private mutating func text() throws(JSONError) -> String {
    guard take("\"") else { throw fault }
    let start = position
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
    let plain = bytes[start..<position]
    if take("\"") { return try decoded(plain, at: start) }
    var collected = Array(plain)
    while let byte = next, byte >= 0x20 {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try decoded(collected, at: start)
      case UInt8(ascii: "\\"): try unescape(into: &collected)
      default: collected.append(byte)
      }
    }
    throw fault
  }

  private func decoded(_ bytes: some Collection<UInt8>, at start: Int) throws(JSONError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw JSONError("no UTF-8 in the text at byte \(start + 1)")
    }
    return text
  }

  private mutating func unescape(into text: inout [UInt8]) throws(JSONError) {
    guard let byte = next else { throw fault }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += Array(String(try escapedScalar()).utf8)
    default:
      position -= 1
      throw fault
    }
  }

  /// The character of an escape with four hexadecimal digits, or of two such that make one.
  private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
    let first = try hexadecimal()
    var value = first
    if (0xD800..<0xDC00).contains(first) {
      try expect("\\u")
      let second = try hexadecimal()
      guard (0xDC00..<0xE000).contains(second) else { throw fault }
      value = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw fault }
    return scalar
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { throw fault }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
