/// Translations into one language, as `msgfmt` writes them ("The Format of GNU MO Files" in gettext's manual).
///
/// libintl uses the locale of the process and only locales that are generated on the machine. msgd needs the languages
/// of many users at once.
struct MessageCatalog: Sendable, Equatable {
  /// No translations: all texts are English.
  static let english = MessageCatalog()

  private var translations: [String: String] = [:]

  private init() {}

  /// Reads a catalog; `nil` if the bytes aren't one. Entries of a damaged catalog that point outside it are left out.
  init?(_ bytes: [UInt8]) {
    let file = File(bytes: bytes)
    guard let count = file.number(at: 8), let ids = file.number(at: 12), let texts = file.number(at: 16), file.isKnown
    else { return nil }
    for entry in 0..<min(count, bytes.count / File.entrySize) {
      guard let id = file.text(ids + entry * File.entrySize), let text = file.text(texts + entry * File.entrySize),
        !text.isEmpty
      else { continue }
      translations[id] = text
    }
  }

  /// A text in this language, or in English if it isn't translated.
  subscript(text: PopupText) -> String { translations[text.rawValue] ?? text.rawValue }

  /// A catalog file, in which numbers have 32 bits in the byte order of the machine that wrote it.
  private struct File {
    let bytes: [UInt8]
    static let entrySize = 8

    /// Whether the file has the magic number and revision 0.0, which has all that msgd needs.
    var isKnown: Bool { bytes.count >= 8 && number(at: 0) == 0x9504_12de && bytes[4..<8].allSatisfy { $0 == 0 } }

    private var isReversed: Bool { bytes.starts(with: [0x95, 0x04, 0x12, 0xde]) }

    func number(at offset: Int) -> Int? {
      guard offset >= 0, offset + 4 <= bytes.count else { return nil }
      let digits = bytes[offset..<offset + 4]
      return (isReversed ? Array(digits) : digits.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }

    /// The text whose length and offset stand at a place in the file.
    func text(_ place: Int) -> String? {
      guard let length = number(at: place), let start = number(at: place + 4), start + length <= bytes.count else {
        return nil
      }
      return String(decoding: bytes[start..<start + length], as: UTF8.self)
    }
  }
}
