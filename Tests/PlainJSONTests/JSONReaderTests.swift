import MessengerContract
import Testing

@testable import PlainJSON

@Suite struct JSONReaderTests {
  private func read(_ text: String) throws -> JSONValue { try JSONReader.read(Array(text.utf8)) }

  @Test(arguments: [
    ("null", JSONValue.null), (" true\n", .boolean(true)), ("false", .boolean(false)), ("0", .integer(0)),
    ("-0", .integer(0)), ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)), ("1.5", .decimal(1.5)),
    ("1e3", .decimal(1000)), ("2E-1", .decimal(0.2)), (#""""#, .text("")),
    (#""a\"\\\/\b\f\n\r\t""#, .text("a\"\\/\u{8}\u{C}\n\r\t")),
    (#""\u00e9\ud83d\ude00é""#, .text("é😀é")), ("[]", .array([])), ("{}", .object([:])),
    (#"{"a": [1, {"b": null}]}"#, .object(["a": .array([.integer(1), .object(["b": .null])])])),
  ])
  func itReads(_ text: String, _ value: JSONValue) throws {
    #expect(try read(text) == value)
  }

  @Test(arguments: [
    "", " ", "nul", "truex", "01", "-", "1.", ".5", "1e", "+1", "9223372036854775808", "1e999", "\"", "\"a", "\"\n\"",
    #""\x""#, #""\u12g4""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, "[", "[1", "[1,]", "[1 2]", "{", "{1:2}",
    #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":1,"a":2}"#, "1 2", "NaN", "'a'", "[1]//",
  ])
  func itRefuses(_ text: String) {
    #expect(throws: JSONError.self) { try read(text) }
  }

  @Test func itRefusesWhatIsNoUTF8() {
    for bytes in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22]] as [[UInt8]] {
      #expect(throws: JSONError.self) { try JSONReader.read(bytes) }
    }
  }

  @Test func depthHasALimit() throws {
    let deepest = JSONReader.deepest
    _ = try read(String(repeating: "[", count: deepest) + String(repeating: "]", count: deepest))
    #expect(throws: JSONError.self) { try read(String(repeating: "[", count: 1_000_000)) }
  }

  @Test func anErrorNamesThePlace() {
    let error = #expect(throws: JSONError.self) { try read(#"{"a": x}"#) }
    #expect(error?.description == "no JSON at byte 7")
  }

  @Test func aDeliveryIsRead() throws {
    let text = #"["3", "alice", 1000, "shown", {"timeout": 60, "elapsed": 1, "by": "popup", "new": []}]"#
    let details = DeliveryDetails(elapsed: 1, timeout: 60, by: .popup)
    #expect(
      try Delivery(read(text))
        == Delivery(sessionID: "3", userName: "alice", uid: 1000, state: .shown, details: details))
  }

  @Test(arguments: [
    "{}", #"["3", "alice", 1000, "shown"]"#, #"["3", "alice", -1, "shown", {}]"#, #"["3", "alice", 1, "odd", {}]"#,
    #"["3", "alice", 1, "shown", {"timeout": "60"}]"#, #"["3", "alice", 1, "shown", {"timeout": 4294967296}]"#,
  ])
  func aWrongDeliveryIsRefused(_ text: String) throws {
    let value = try read(text)
    #expect(throws: JSONError.self) { try Delivery(value) }
  }

  @Test func aSessionIsRead() throws {
    let session = try Session(read(#"["3", 1000, "alice", "seat0", "active", {"graphical": true, "seat": "seat0"}]"#))
    #expect(session.isGraphical && session.seat == "seat0" && session.userName == "alice")
  }

  @Test func optionsAreRead() throws {
    var options = SendOptions()
    try options.read(
      try #require(read(#"{"replies": [["a", "A"]], "later": [60], "choices": ["x"], "until": 5}"#).object))
    #expect(options == SendOptions(replies: [Reply(key: "a", label: "A")], later: [60], until: 5, choices: ["x"]))
  }
}
