/// The address of a bus: a Unix socket, because only this transport reports the user at its other end.
public struct BusAddress: Hashable, Sendable {
  /// The socket's path or, after an `@`, its abstract name, as systemd.socket(5) writes them.
  public let name: String

  /// Makes an address from a socket's name.
  public init(name: String) { self.name = name }

  /// Returns the addresses in a list in D-Bus's format (D-Bus Specification, Server Addresses). Addresses of another
  /// transport or form are left out.
  public static func list(_ text: String) -> [BusAddress] { text.split(separator: ";").compactMap { BusAddress($0) } }

  private init?(_ entry: Substring) {
    let transport = "unix:"
    guard entry.hasPrefix(transport) else { return nil }
    var names: [String] = []
    for pair in entry.dropFirst(transport.count).split(separator: ",") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let value = Self.unescape(parts[1]) else { return nil }
      switch parts[0] {
      case "path" where value.utf8.first == UInt8(ascii: "/"): names.append(value)
      case "path": return nil
      case "abstract": names.append("@" + value)
      default: break
      }
    }
    guard names.count == 1 else { return nil }
    name = names[0]
  }

  /// Decodes escapes such as `%2f`. A text with a zero byte is refused, because in C a socket's name would end there.
  private static func unescape(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let code = UInt8(hex: rest.prefix(2)) else { return nil }
      bytes.append(code)
      rest = rest.dropFirst(2)
    }
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }
}

extension UInt8 {
  /// Makes the byte that two hexadecimal digits stand for.
  fileprivate init?(hex digits: Substring.UTF8View) {
    guard let text = String(digits), text.allSatisfy(\.isHexDigit) else { return nil }
    self.init(text, radix: 16)
  }
}
