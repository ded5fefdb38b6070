/// The form of the option `origin`: a sender and a fleet, such as `helpdesk@office`.
public enum Origin {
  /// The longest name of a sender or a fleet.
  public static let longestName = 64

  /// Whether a text has this form: two names of ASCII letters, digits, `.`, `_` and `-`, with an `@` between them.
  public static func isValid(_ text: String) -> Bool {
    let names = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    return names.count == 2 && names.allSatisfy { isName($0) }
  }

  /// Whether some bytes are a name: it begins with a letter or a digit.
  public static func isName(_ bytes: some Collection<UInt8>) -> Bool {
    guard (1...longestName).contains(bytes.count), let first = bytes.first, isAlphanumeric(first) else { return false }
    return bytes.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
