import DurableFiles
import Foundation
import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// Messages on the disk.
@Suite struct KeptMessageTests {
  private static let message = KeptMessage(
    id: 7, sender: 1000, sent: 1_795_241_721_123,
    content: PopupContent(
      title: "", body: "  two\n\\n lines\t= [x]\n# \u{E9}\n\n", timeout: .seconds(60), urgency: .normal, icon: "clock",
      replies: [Reply(key: "yes", label: "J a "), Reply(key: "no", label: "[Nein]")],
      later: [LaterChoice(seconds: 600)], until: 1_795_300_000, sender: "alice", time: "14:05:32", progress: 42),
    places: [
      KeptMessage.Place(
        session: "c1", created: 1_795_000_000_000_001, uid: 1001, userName: "bob", sessionName: ":0", recipient: "BOB",
        returns: 1_795_242_000, deferrals: 2),
      KeptMessage.Place(
        session: "5", created: 0, uid: 1002, userName: "c=d", sessionName: nil, recipient: nil, returns: 0,
        deferrals: 1),
    ])

  private static func withFolder(_ body: (MessageFolder) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "deferred-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(MessageFolder(path: path))
  }

  private static func files(_ folder: MessageFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test func aFileHasTheWholeMessage() throws {
    #expect(KeptMessage(id: 7, text: Self.message.text) == Self.message)
    var plain = Self.message
    plain.content.progress = nil
    plain.content.timeout = nil
    plain.content.replies = []
    #expect(KeptMessage(id: 7, text: plain.text) == plain)
  }

  @Test(arguments: ["", " ", "  a", "a ", "\\s", "\\", "\n", "\r\n\t", "a\\\nb", "=", "#", "[", "é\u{301}", "😀"])
  func textsKeepTheirWhiteSpace(_ text: String) {
    let line = KeptMessage.escaped(text)
    #expect(!line.contains("\n") && !line.hasPrefix(" "))
    #expect(KeptMessage.unescaped(line) == text)
  }

  @Test func whatIsDamagedIsNoMessage() {
    let text = Self.message.text
    for (part, other) in [
      ("Version=1", "Version=2"), ("[Message]", "[Massage]"), ("Sender=1000", "Sender=-1"), ("Body=", "Bodi="),
      ("Until=1", "Until=x"), ("Later=600", "Later=0"), ("Returns=1", "Returns=99999999999999"),
      ("[Delivery 0]", "[D]"),
      ("Urgency=normal", "Urgency=loud"), ("\\n", "\\x"), ("Created=", "created "),
      ("Deferrals=2", "Deferrals=4294967295"),
    ] {
      let damaged = text.replacingOccurrences(of: part, with: other)
      #expect(damaged != text && KeptMessage(id: 7, text: damaged) == nil, "\(other)")
    }
    for length in 0..<text.utf8.count - 12 {
      #expect(KeptMessage(id: 7, text: String(decoding: text.utf8.prefix(length), as: UTF8.self)) != Self.message)
    }
  }

  @Test func whatCouldNotBeReadAgainIsNotWritten() throws {
    try Self.withFolder { folder in
      var large = Self.message
      large.content.body = String(repeating: "x", count: 5 << 20)
      #expect(throws: MessengerError.self) { try folder.write(large, as: 7) }
      #expect(try folder.read() == MessageFolder.Content())
      try folder.write(Self.message, as: 7)
      try FileManager.default.copyItem(atPath: folder.path + "/7", toPath: folder.path + "/18446744073709551615")
      let content = try folder.read()
      #expect(content.messages == [Self.message] && content.lastID == 7 && content.strange.count == 1)
    }
  }

  @Test func progressIsAtMostAHundred() {
    let text = Self.message.text.replacingOccurrences(of: "Progress=42", with: "Progress=4294967295")
    #expect(KeptMessage(id: 7, text: text)?.content.progress == 100)
  }

  @Test func eachMessageIsAFile() throws {
    try Self.withFolder { folder in
      #expect(try folder.read() == MessageFolder.Content())
      try folder.remove(1)
      var other = Self.message
      other.id = 12
      for message in [other, Self.message] { try folder.write(message, as: message.id) }
      other.content.body = "new"
      try folder.write(other, as: other.id)
      #expect(try folder.read() == MessageFolder.Content(messages: [Self.message, other], lastID: 12))
      let mode = try FileManager.default.attributesOfItem(atPath: folder.path)[.posixPermissions] as? Int
      #expect(mode == 0o700)
      try folder.remove(7)
      #expect(try Self.files(folder) == ["12"])
    }
  }

  @Test(arguments: DurableFolder.Step.allCases) func aStepThatFailsLosesNothing(_ step: DurableFolder.Step) throws {
    try Self.withFolder { folder in
      try folder.write(Self.message, as: 7)
      var failing = folder
      failing.folder.before = { if $0 == step { throw MessengerError(.failed, "no space") } }
      var new = Self.message
      new.content.body = "new"
      switch step {
      case .list: #expect(throws: MessengerError.self) { _ = try failing.read() }
      case .remove: #expect(throws: MessengerError.self) { try failing.remove(7) }
      default: #expect(throws: MessengerError.self) { try failing.write(new, as: 7) }
      }
      let isThere = step == .syncFolder  // it has its place, and only a power failure could take it
      #expect(try folder.read().messages == [isThere ? new : Self.message])
      #expect(try Self.files(folder) == ["7"])
    }
  }

  @Test func whatWasBeingWrittenWasNotPromised() throws {
    try Self.withFolder { folder in
      try folder.write(Self.message, as: 7)
      try Self.message.text.prefix(40).write(toFile: folder.path + "/.new-9", atomically: false, encoding: .utf8)
      #expect(try folder.read() == MessageFolder.Content(messages: [Self.message], lastID: 7))
      #expect(try Self.files(folder) == ["7"])
    }
  }

  @Test func strangeFilesStayAndAreNamed() throws {
    try Self.withFolder { folder in
      try folder.write(Self.message, as: 7)
      let files = FileManager.default
      try "[Message]\nVersion=2\n".write(toFile: folder.path + "/99", atomically: false, encoding: .utf8)
      try Data([0xFF, 0xFE]).write(to: URL(filePath: folder.path + "/100"))
      try files.createSymbolicLink(atPath: folder.path + "/101", withDestinationPath: "/etc/passwd")
      try files.createDirectory(atPath: folder.path + "/102", withIntermediateDirectories: false)
      try #require(mkfifo(folder.path + "/103", 0o600) == 0)
      try Data(count: (4 << 20) + 1).write(to: URL(filePath: folder.path + "/104"))
      for name in ["07", "+8", "18446744073709551616", "x"] {
        #expect(files.createFile(atPath: "\(folder.path)/\(name)", contents: nil))
      }
      let content = try folder.read()
      #expect(content.messages == [Self.message])
      #expect(content.lastID == 104)
      #expect(
        content.strange.map { String($0.dropFirst(folder.path.count)) } == [
          "/100: it is not UTF-8", "/101: Too many levels of symbolic links", "/102: Is a directory",
          "/103: it is damaged, or of another version of msgd", "/104: it is too large",
          "/99: it is damaged, or of another version of msgd",
        ])
      #expect(try Self.files(folder).count == 11)
    }
  }

  @Test func theMessageGoesOnAsItWas() async {
    await MainLoop.test {
      #expect(Self.message.message(at: 0, isKnown: false).sender.uid == Messenger.noUID)
      let message = Self.message.message(at: Self.message.sent + 90_000)
      #expect(message.id == 7 && message.sender.uid == 1000 && message.senderPresence == .gone)
      #expect(message.isAtRest && !message.isFinal)
      #expect(message.deliveries.map(\.details.returns) == [1_795_242_000, 0])
      message.comeBack(at: ["c1"])
      #expect(message.deliveries[0].state == .pending && message.deliveries[0].details.returns == nil)
      message.enter(.deferred, at: ["c1"], returns: 1_795_250_000)
      #expect(message.deliveries[0].details.deferrals == 3)
      message.withdraw()
      #expect(message.deliveries.map(\.state) == [.withdrawn, .withdrawn])
      #expect(message.deliveries[0].details.elapsed.map { $0 >= 90 } == true)
    }
  }
}
