/// The form of names that a sender chooses and desktops act upon: an icon's name, or a reply's key.
public enum PlainName {
  /// The characters that ``isPlain(_:)`` accepts, for use in a sentence.
  public static let shape = "letters of a to z, digits, . _ + and -"

  /// Whether a text has only letters of a to z, digits and `.`, `_`, `+`, `-`, and at least one of them.
  ///
  /// All names of the Icon Naming Specification 0.8.90 and of applications (Desktop Entry Specification 1.5, "File
  /// naming") have this form. Paths and URIs don't. Notification servers open these as their user (Desktop
  /// Notifications 1.2, "Icons and Images"): a FIFO stops them for good, and an image goes through their parsers.
  public static func isPlain(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
        default: false
        }
      }
  }
}
