internal import GBus
internal import Glibc

/// The catalogs that are installed, each read when somebody first needs it.
@MainLoop
final class Translations {
  private let folder: String
  private var catalogs: [String: MessageCatalog] = [:]

  /// No language has a longer name, nor a catalog of ours more bytes.
  private static let longestName = 16
  private static let longestCatalog = 65_536

  /// Looks into a folder such as `/usr/share/locale`.
  nonisolated init(folder: String) { self.folder = folder }

  /// The catalog of the first of some languages that there is one for.
  func catalog(for languages: [String]) -> MessageCatalog {
    for language in languages {
      let base = String(language.prefix { $0 != "_" })
      // The texts are English, so it has no catalog.
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

  /// The user chooses the language, so it must be a name and nothing of a path.
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
