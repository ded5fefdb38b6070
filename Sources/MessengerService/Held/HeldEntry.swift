internal import MessengerContract

/// What msgd keeps in mind of a held message for one recipient. All of it is in the name of the file that has the rest,
/// so that ten thousand messages are found without reading one.
struct HeldEntry: Hashable, Sendable, CustomStringConvertible {
  /// The message's id.
  let id: UInt64
  /// Until when it is held, in seconds since 1970.
  let until: UInt64
  /// The sender's uid.
  let sender: UInt32
  /// The user's name, or the word for whoever comes.
  let recipient: String

  /// Whether it is for whoever comes.
  let isForMany: Bool

  /// The message and its recipient, for the log.
  var description: String { "\(id) for \(recipient)" }

  /// The longest name of a file, in bytes: what most file systems take (NAME_MAX), without what ``DurableFolder`` adds.
  private static let longestName = 220

  /// Whether the file's name isn't too long.
  var isNameable: Bool { fileName.utf8.count <= Self.longestName }

  /// The file's name.
  var fileName: String { "\(id).\(until).\(sender).\(Self.escaped(recipient))" }

  /// Reads a file's name; `nil` if it is none of these.
  init?(fileName: String) {
    var rest = fileName.utf8[...]
    guard let id = Self.number(&rest), id <= KeptMessage.largestID, let until = Self.number(&rest),
      until < KeptMessage.latestTime,
      let sender = Self.number(&rest).flatMap(UInt32.init(exactly:)), !rest.isEmpty,
      let recipient = Self.unescaped(rest), Self.escaped(recipient).utf8.elementsEqual(rest)
    else { return nil }
    self.init(id: id, until: until, sender: sender, recipient: recipient)
  }

  /// Takes a number and the dot after it, written as it would be here. Ten thousand names are read at a start.
  private static func number(_ rest: inout Substring.UTF8View) -> UInt64? {
    var value: UInt64 = 0
    var count = 0
    while let byte = rest.popFirst(), byte != UInt8(ascii: ".") {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), count == 0 || value > 0 else { return nil }
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, isSumTooLarge) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      guard !isTooLarge, !isSumTooLarge else { return nil }
      value = sum
      count += 1
    }
    return count > 0 && !rest.isEmpty ? value : nil
  }

  /// Makes an entry.
  init(id: UInt64, until: UInt64, sender: UInt32, recipient: String) {
    self.id = id
    self.until = until
    self.sender = sender
    self.recipient = recipient
    isForMany = RecipientResolver.meansMany(recipient)
  }

  /// Returns a word with `%` and two digits in place of each byte that a file's name doesn't have as it is.
  private static func escaped(_ word: String) -> String {
    if word.utf8.allSatisfy(isPlain) { return word }
    let digits = Array("0123456789ABCDEF")
    return word.utf8.reduce(into: "") { name, byte in
      if isPlain(byte) {
        name.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        name += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  private static func unescaped(_ name: Substring.UTF8View) -> String? {
    guard name.contains(UInt8(ascii: "%")) else { return String(Substring(name)) }
    var bytes: [UInt8] = []
    var rest = name
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
