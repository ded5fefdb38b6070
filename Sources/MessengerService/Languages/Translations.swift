internal import GBus
internal import Glibc

/// The installed catalogs, each read when it is first needed.
@MainLoop
final class Translations {
  private let folder: String
  private var catalogs: [String: MessageCatalog] = [:]

  /// The longest name of a language in characters, and the largest catalog in bytes.
  private static let longestName = 16
  private static let longestCatalog = 65_536

  /// Uses the catalogs in a folder such as `/usr/share/locale`.
  nonisolated init(folder: String) { self.folder = folder }

  /// Returns the catalog of the first language that has one.
  func catalog(for languages: [String]) -> MessageCatalog {
    for language in languages {
      let base = String(language.prefix { $0 != "_" })
      // The texts are English, so there is no catalog for it.
      if base == "en" { return .english }
      if let catalog = catalog(of: language) ?? catalog(of: base) { return catalog }
    }
    return .english
  }

  private func catalog(of language: String) -> MessageCatalog? {
    if let catalog = catalogs[language] { return catalog }
    guard Self.isName(language) else { return nil }
    guard let catalog = Self.read("\(folder)/\(language)/LC_MESSAGES/msgd.mo").flatMap(MessageCatalog.init) else {
      return nil
    }
    catalogs[language] = catalog
    return catalog
  }

  /// Whether a text is a language's name. The user chooses the language, so it must not contain parts of a path.
  private static func isName(_ language: String) -> Bool {
    !language.isEmpty && language.utf8.count <= longestName
      && language.utf8.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || $0 == UInt8(ascii: "_") }
  }

  private static func read(_ path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return [UInt8](unsafeUninitializedCapacity: longestCatalog) { buffer, count in
      count = max(0, Glibc.read(file, buffer.baseAddress, buffer.count))
    }
  }
}
