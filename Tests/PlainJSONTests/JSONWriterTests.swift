import MessengerContract
import PlainJSON
import Testing

@Suite struct JSONWriterTests {
  private func line(_ value: JSONValue) -> String { String(decoding: value.line, as: UTF8.self) }

  @Test(arguments: [
    (JSONValue.null, "null"), (.boolean(true), "true"), (.integer(.min), "-9223372036854775808"),
    (.decimal(1.5), "1.5"), (.decimal(.infinity), "null"), (.text("a\"\\/é😀"), #""a\"\\/é😀""#),
    (.text("\u{0}\u{8}\n\r\t\u{1F}\u{7F}"), "\"\\u0000\\u0008\\n\\u000d\\u0009\\u001f\u{7F}\""),
    (.array([]), "[]"), (.object([:]), "{}"), (.array([.integer(1), .array([.null])]), "[1,[null]]"),
    (.object(["b": .integer(2), "a": .object(["\n": .text("")])]), #"{"a":{"\n":""},"b":2}"#),
  ])
  func itWrites(_ value: JSONValue, _ text: String) {
    #expect(line(value) == text)
  }

  @Test(arguments: [
    JSONValue.decimal(1e300), .decimal(0.1), .decimal(-2), .integer(.max),
    .object(["\u{1}\"": .array([.text("\u{2028}"), .boolean(false)])]),
  ])
  func whatIsWrittenIsRead(_ value: JSONValue) throws {
    #expect(try JSONReader.read(value.line) == value)
  }

  @Test func optionsAreReadBack() throws {
    let options = SendOptions(
      timeout: 60, title: "t", wait: true, replies: [Reply(key: "a", label: "A")], later: [60], until: .max,
      choices: ["x"])
    var read = SendOptions()
    try read.read(try #require(options.jsonFields.object), skipsUnknown: false)
    // No number is larger than the largest that a reader must know.
    #expect(read.until == UInt64(Int64.max))
    read.until = .max
    #expect(read == options)
  }

  @Test func anErrorNamesTheMember() throws {
    let value = try JSONReader.read(Array(#"{"a":1,"b":[["3"]],"c":null}"#.utf8))
    #expect(try value.member("a", \.integer) == 1)
    #expect(try value.optionalMember("c", \.text) == nil)
    #expect(throws: JSONError("'c' is missing")) { try value.member("c", \.text) }
    #expect(throws: JSONError("'a' doesn't take this value")) { try value.optionalMember("a", \.text) }
    #expect(throws: JSONError("'b': not a delivery")) { try value.elements("b", Delivery.init) }
  }
}
