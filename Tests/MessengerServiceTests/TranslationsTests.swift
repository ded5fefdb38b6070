import Foundation
import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// The catalogs of `po/`, compiled by `msgfmt`, and the choice among them.
@Suite(.timeLimit(.minutes(1))) struct TranslationsTests {
  private static let sources = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "po")
  private static let languages =
    (try? String(contentsOf: sources.appending(path: "LINGUAS"), encoding: .utf8))?
    .split(separator: "\n").map(String.init) ?? ["LINGUAS can't be read"]

  /// Compiles a catalog's source with `msgfmt`. The result has the length that it needs.
  private static func compile(_ language: String, _ options: String...) throws -> [UInt8] {
    let program = Process()
    program.executableURL = URL(fileURLWithPath: "/usr/bin/msgfmt")
    program.arguments = options + ["--output-file=-", sources.appending(path: language + ".po").path]
    let output = Pipe()
    program.standardOutput = output
    try program.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    program.waitUntilExit()
    return Array(bytes)
  }

  @Test(arguments: languages) func everyLanguageHasEveryText(_ language: String) throws {
    let source = try String(contentsOf: Self.sources.appending(path: language + ".po"), encoding: .utf8)
    let catalog = try #require(MessageCatalog(try Self.compile(language)))
    for text in PopupText.allCases {
      #expect(source.contains("msgid \"\(text.rawValue)\"\nmsgstr \"\(catalog[text])\"\n"), "\(text)")
    }
    #expect(catalog[.heading].contains("{sender}") && catalog[.heading].contains("{time}"))
  }

  @Test(arguments: ["--endianness=big", "--endianness=little", "--no-hash", "--alignment=8"])
  func catalogsOfAllMachinesAreRead(_ option: String) throws {
    #expect(try #require(MessageCatalog(Self.compile("zh_TW", option)))[.ok] == "確定")
  }

  @Test func damagedCatalogsAreReadAsFarAsTheyGo() throws {
    let whole = try Self.compile("de")
    for length in 0..<whole.count { _ = MessageCatalog(Array(whole.prefix(length)))?[.ok] }
    for index in 0..<32 {
      var damaged = whole
      damaged[index] = 255
      _ = MessageCatalog(damaged)?[.ok]
    }
    #expect(MessageCatalog([]) == nil)
    #expect(MessageCatalog(Array(whole.dropFirst())) == nil)
  }

  private static let environments: [([String], [String])] = [
    ([], []), (["LANG=C.UTF-8"], []), (["LANG=POSIX", "LANGUAGE=de"], []), (["LANG="], []), (["LANGUAGE=de"], []),
    (["LANG=de_AT.UTF-8"], ["de_AT"]), (["LANG=de_DE@euro", "LC_MESSAGES=fr_FR"], ["fr_FR"]),
    (["LANG=de_DE", "LC_MESSAGES=fr_FR", "LC_ALL=ja_JP.eucJP"], ["ja_JP"]),
    (["LANG=de_DE", "LANGUAGE=sv:pt_BR:pt"], ["sv", "pt_BR", "pt", "de_DE"]),
    (["LANG=de_DE", "LC_ALL=C", "LANGUAGE=sv"], []), (["PATH=/bin", "LANG", "LANG=es=x"], ["es=x"]),
  ]

  @Test(arguments: environments) func languagesAreThoseOfGettext(_ variables: [String], _ languages: [String]) {
    #expect(SessionEnvironment(variables).languages == languages)
  }

  private static let choices: [([String], String)] = [
    ([], "OK"), (["es_MX"], "Aceptar"), (["sv_SE", "es"], "Aceptar"), (["en_GB", "es"], "OK"), (["zh_TW"], "確定"),
    (["zh"], "OK"), (["../es"], "OK"), (["es/../es"], "OK"), ([""], "OK"), (["sv"], "OK"),
  ]

  @Test(arguments: choices) func theFirstThatIsThereIsTaken(_ languages: [String], _ label: String) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    for language in ["es", "zh_TW"] {
      let messages = folder.appending(path: language + "/LC_MESSAGES")
      try FileManager.default.createDirectory(at: messages, withIntermediateDirectories: true)
      try Data(Self.compile(language)).write(to: messages.appending(path: "msgd.mo"))
    }
    let path = folder.path
    await MainLoop.test {
      let translations = Translations(folder: path)
      #expect(translations.catalog(for: languages)[.ok] == label)
      #expect(translations.catalog(for: languages)[.ok] == label)
    }
  }

  @Test func onlyWhatTheSenderDidNotWriteIsTranslated() throws {
    let german = try #require(MessageCatalog(Self.compile("de")))
    var content = PopupContent(
      title: "", body: "b", timeout: nil, urgency: .critical, icon: "", replies: [], sender: "{time}", time: "14:05:32")
    #expect(content.translated(by: german).title == "Nachricht von {time} 14:05:32")
    #expect(content.translated(by: .english).title == "Message from {time} 14:05:32")
    content.title = "OK"
    #expect(content.translated(by: german).title == "OK")
  }
}

@Suite struct PlaceholdersTests {
  @Test(
    arguments: [
      ("{a} and {b}", "x and {a}"), ("", ""), ("{", "{"), ("}{a}{", "}x{"), ("{a", "{a"), ("{c}{a}", "{c}x"),
      ("{{a}}", "{x}"), ("a}", "a}"),
    ]) func knownNamesAreReplaced(_ text: String, _ expected: String)
  {
    #expect(text.filled(with: ["a": "x", "b": "{a}"]) == expected)
  }
}
