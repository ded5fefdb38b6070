/// What a signature says of itself, before any program looks at it (PROTOCOL.sshsig of OpenSSH, "Blob format").
///
/// ssh-keygen prints some of this in its errors. What a stranger writes there must not look like an error of this
/// machine.
struct SignatureBlob: Equatable {
  let namespace: String
  let hashAlgorithm: String

  /// The algorithms that the format knows.
  private static let hashAlgorithms: Set = ["sha256", "sha512"]

  /// Reads a signature; `nil` if it is none.
  ///
  /// - Parameter signature: it in base64, without armor.
  init?(_ signature: String) {
    guard let bytes = Self.decoded(signature) else { return nil }
    var rest = bytes[...]
    let magic = Array("SSHSIG".utf8)
    guard rest.starts(with: magic) else { return nil }
    rest = rest.dropFirst(magic.count)
    guard Self.number(&rest) == 1, Self.field(&rest) != nil, let namespace = Self.field(&rest),
      Self.field(&rest) != nil, let algorithm = Self.field(&rest), Self.field(&rest) != nil, rest.isEmpty
    else { return nil }
    self.namespace = String(decoding: namespace, as: UTF8.self)
    hashAlgorithm = String(decoding: algorithm, as: UTF8.self)
    guard Self.hashAlgorithms.contains(hashAlgorithm) else { return nil }
  }

  /// A number of four bytes (RFC 4251, section 5).
  private static func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
    guard rest.count >= 4 else { return nil }
    defer { rest = rest.dropFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  /// A string (RFC 4251, section 5).
  private static func field(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let count = number(&rest), count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// The bytes that base64 stands for (RFC 4648, section 4), with its padding.
  private static func decoded(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    let digits = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
    guard text.utf8.count % 4 == 0, text.utf8.count - digits.count <= 2 else { return nil }
    for digit in digits {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      default: return nil
      }
      (bits, count) = (bits << 6 | UInt32(value), count + 6)
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> count))
    }
    return bytes
  }
}
