import GBus
import MessengerContract
import Testing

@testable import MessengerService

struct SendRequestTests {
  private static func request(
    _ options: [String: Value] = [:], body: String = "b", settings: Settings = Settings()
  ) throws -> SendRequest {
    try SendRequest(recipients: ["ann"], body: body, options: options, settings: settings)
  }

  private static func replies(_ buttons: [(String, String)]) -> Value {
    .array(of: "(ss)", buttons.map { .structure([.string($0.0), .string($0.1)]) })
  }

  @Test func defaultsAreThoseOfTheContract() throws {
    let request = try Self.request()
    #expect(request == (try SendRequest(recipients: ["ann"], body: "b", settings: Settings())))
    #expect(
      request.timeout == .seconds(Int64(Messenger.defaultTimeout)) && request.options.title == nil
        && !request.options.wait)
    #expect(request.urgency == .critical && request.icon == "dialog-information" && request.options.replies.isEmpty)
  }

  @Test(arguments: [(0, nil), (7, .seconds(7))] as [(UInt32, Duration?)])
  func timeoutFollowsTheSettings(_ seconds: UInt32, _ timeout: Duration?) throws {
    var settings = Settings()
    settings.defaultTimeout = seconds
    #expect(try Self.request(settings: settings).timeout == timeout)
    #expect(try Self.request(["timeout": .uint32(3)], settings: settings).timeout == .seconds(3))
  }

  @Test func longestBodyFollowsTheSettings() throws {
    var settings = Settings()
    settings.maximumBodyLength = 2
    #expect(try Self.request(body: "ab", settings: settings).body == "ab")
    let reason = "the message has 3 characters, and at most 2 are taken"
    #expect(throws: MessengerError(.limitExceeded, reason)) { try Self.request(body: "abc", settings: settings) }
  }

  @Test func optionsAreTaken() throws {
    let request = try Self.request([
      "timeout": .uint32(7), "title": .string("t"), "wait": .boolean(true), "urgency": .string("low"),
      "icon": .string("i"), "replies": Self.replies([("y", "Yes"), ("n", "No")]),
    ])
    #expect(request.timeout == .seconds(7) && request.options.title == "t" && request.options.wait)
    #expect(request.urgency == .low && request.icon == "i")
    #expect(request.options.replies == [Reply(key: "y", label: "Yes"), Reply(key: "n", label: "No")])
  }

  @Test(arguments: TerminalUse.allCases) func whetherItIsWrittenOnTerminalsIsTaken(_ use: TerminalUse) throws {
    #expect(try Self.request(["terminals": .string(use.rawValue)]).terminals == use)
    #expect(try Self.request().terminals == .no)
  }

  @Test(arguments: WindowUse.allCases) func whenAWindowShowsItIsTaken(_ window: WindowUse) throws {
    #expect(try Self.request(["window": .string(window.rawValue)]).options.window == window)
  }

  @Test(arguments: Urgency.allCases) func urgencyIsTaken(_ urgency: Urgency) throws {
    #expect(try Self.request(["urgency": .string(urgency.rawValue)]).urgency == urgency)
  }

  @Test(arguments: [(0, nil), (1, .seconds(1)), (2_147_483_647, .seconds(2_147_483_647))] as [(UInt32, Duration?)])
  func timeoutIsInSeconds(_ seconds: UInt32, _ timeout: Duration?) throws {
    #expect(try Self.request(["timeout": .uint32(seconds)]).timeout == timeout)
  }

  @Test(arguments: [2_147_483_648, .max] as [UInt32]) func longerTimeoutIsRefused(_ seconds: UInt32) {
    let reason = "the option timeout is at most 2147483647 seconds, not \(seconds)"
    #expect(throws: MessengerError(.invalidArgument, reason)) { try Self.request(["timeout": .uint32(seconds)]) }
  }

  @Test(
    arguments: [
      [], [("yes", "OK")], [("a", "Same"), ("b", "Same")], [("a", "A"), ("A", "A")], [("DEFAULT", "x-y")],
    ] as [[(String, String)]]) func repliesAreTaken(_ buttons: [(String, String)]) throws
  {
    let taken = try Self.request(["replies": Self.replies(buttons)]).options.replies
    #expect(taken == buttons.map { Reply(key: $0.0, label: $0.1) })
  }

  @Test(
    arguments: [
      ([("", "A")], "the key '' is empty"), ([("a", "A"), ("a", "B")], "two buttons have the key 'a'"),
      ([("default", "A")], "the key 'default' is reserved"),
      ([("inline-reply", "Password:")], "the key 'inline-reply'"),
      ([("a", "A"), ("x-kde-urls", "B")], "the key 'x-kde-urls' is reserved"),
      ([("a", "")], "the key 'a' has no label"),
      ([("a", "\u{7}")], "the key 'a' has no label"), ([("a", " \u{200B}")], "the key 'a' has no label"),
      ([("a\nb", "A")], "the key 'a b' may only have"),
    ] as [([(String, String)], String)]) func repliesAreRefused(_ buttons: [(String, String)], _ reason: String) throws
  {
    let error = try #require(throws: MessengerError.self) {
      try Self.request(["replies": Self.replies(buttons)])
    }
    #expect(error.code == .invalidArgument && error.message.hasPrefix("the option replies: "))
    #expect(error.message.contains(reason), "\(error)")
  }

  /// An icon must be a name in the theme, because notification servers would open a path or a URI.
  @Test(arguments: [
    "", "/tmp/fifo", "file:///etc/passwd", "~/x.png", "../x", "a b", "a\n", "é", "http://x", "%2Ftmp", "a\u{301}",
  ]) func iconsAreNames(_ icon: String) throws {
    let error = try #require(throws: MessengerError.self) { try Self.request(["icon": .string(icon)]) }
    #expect(error.code == .invalidArgument && error.message.contains("the option icon wants an icon's name"))
    #expect(error.message.hasSuffix("not '\(Quotation(icon))'"))
  }

  @Test(arguments: ["dialog-information", "org.gnome.Settings", "text-x-c++src", "a_b", "-", "x2"])
  func namesOfIconsAreTaken(_ icon: String) throws {
    #expect(try Self.request(["icon": .string(icon)]).icon == icon)
  }

  @Test func anOptionThatIsThereTwiceIsNamed() throws {
    func entry(_ key: String, _ text: String) -> Value { .entry(.string(key), .variant(.string(text))) }
    let twice = Value.array(of: "{sv}", [entry("title", "a"), entry("icon", "b"), entry("title", "a")])
    #expect(throws: MessengerError(.invalidArgument, "the option title is given twice")) {
      try SendOptions.entries(in: twice)
    }
    #expect(try SendOptions.entries(in: .dictionary(["title": .string("a")])) == ["title": .string("a")])
  }

  @Test func unknownOptionIsNamed() {
    #expect(throws: MessengerError(.invalidArgument, "there is no option Title")) {
      try Self.request(["Title": .string("t")])
    }
  }

  // "e" and an accent are two code points, and one character.
  @Test(arguments: ["x", "é", "e\u{301}", "\u{1F600}", "\u{7}"]) func bodyIsMeasuredInCodePoints(_ unit: String) throws
  {
    let count = unit.unicodeScalars.count
    let longest = "x" + String(repeating: unit, count: 4095 / count) + String(repeating: "x", count: 4095 % count)
    #expect(longest.unicodeScalars.count == 4096)
    #expect(throws: Never.self) { try Self.request(body: longest) }
    let reason = "the message has 4097 characters, and at most 4096 are taken"
    #expect(throws: MessengerError(.limitExceeded, reason)) { try Self.request(body: longest + "x") }
  }

  @Test func textsAreCleared() throws {
    let text = " a\u{1B}[0m\tb\r\n\u{202E}c"
    let request = try Self.request(
      ["title": .string(text), "replies": Self.replies([("a", text)])], body: text)
    #expect(
      request.body == " a[0m\tb\nc" && request.options.title == "a[0m b c"
        && request.options.replies[0].label == "a[0m b c")
  }

  @Test(arguments: ["", " ", "\n\t \n", "\u{1}\u{7F}", "\u{A0}\u{2003}\u{3000}", "\u{200B}\u{2066}\u{3164}"])
  func emptyBodyIsRefused(_ body: String) {
    #expect(throws: MessengerError(.invalidArgument, "the message is empty")) { try Self.request(body: body) }
  }

  @Test(arguments: [([], "no recipient is given"), (["ann", ""], "a recipient is empty")])
  func recipientsAreNeeded(_ recipients: [String], _ reason: String) {
    #expect(throws: MessengerError(.invalidArgument, reason)) {
      try SendRequest(recipients: recipients, body: "b", settings: Settings())
    }
  }

  @Test(
    arguments: [
      ("timeout", .string("1")), ("timeout", .uint32(.max)), ("title", .objectPath("/")), ("wait", .uint32(1)),
      ("urgency", .string("high")), ("window", .string("sometimes")), ("window", .boolean(true)),
      ("terminals", .string("all")), ("terminals", .boolean(true)), ("icon", .byte(1)),
      ("replies", .strings([])), ("colour", .string("")),
    ] as [(String, Value)])
  func wrongOptionIsNamed(_ key: String, _ value: Value) throws {
    let error = try #require(throws: MessengerError.self) {
      try Self.request([key: value])
    }
    #expect(error.code == .invalidArgument && error.message.contains(key))
  }
}
