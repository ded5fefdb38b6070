import CGIO
import Testing

@testable import GBus

/// The conversion of values to and from GLib.
struct ValueTests {
  @Test(
    arguments: [
      .byte(255), .boolean(true), .boolean(false), .int16(.min), .uint16(.max), .int32(.min), .uint32(.max),
      .int64(.min),
      .uint64(.max), .double(-0.5), .string(""), .string("Grüße 👋\n\u{FFFE}"), .objectPath("/"), .objectPath("/a/b_1"),
      .signature(""), .signature("a{sv}(i)"), .handle(3), .variant(.variant(.byte(1))), .strings([]),
      .strings(["a", ""]),
      .array(of: "ay", []), .array(of: "ay", [.array(of: "y", []), .array(of: "y", [.byte(0), .byte(1)])]),
      .structure([.string("a"), .structure([.uint32(1)])]), .dictionary([:]),
      .dictionary(["a": .dictionary(["b": .array(of: "{sv}", [])]), "c": .structure([.boolean(true)])]),
      .array(of: "{u(ss)}", [.entry(.uint32(1), .structure([.string("k"), .string("l")]))]),
    ] as [Value])
  func comesBack(_ value: Value) throws {
    let variant = try #require(try value.makeVariant())
    g_variant_ref_sink(variant)
    defer { g_variant_unref(variant) }
    #expect(Value(variant) == value)
    #expect(String(cString: g_variant_get_type_string(variant)) == value.typeString)
  }

  @Test(
    arguments: [
      .string("a\0b"), .objectPath(""), .objectPath("a"), .objectPath("/a/"), .objectPath("/a\0"), .signature("("),
      .array(of: "", []), .array(of: "ss", []), .array(of: "?", []), .array(of: "s", [.byte(1)]), .structure([]),
      .entry(.variant(.byte(1)), .byte(1)), .variant(.objectPath("x")), .array(of: "o", [.objectPath("x")]),
      .structure([.string("\0")]), .entry(.string("a"), .string("\0")),
    ] as [Value])
  func isRefused(_ value: Value) {
    #expect(throws: BusError.self) { _ = try value.makeVariant() }
    #expect(throws: BusError.self) { _ = try Value.makeTuple([.byte(1), value]) }
  }

  @Test func dictionaryIsSorted() {
    let sorted: [Value] = ["a", "b", "c"].map { .entry(.string($0), .variant(.byte(1))) }
    #expect(Value.dictionary(["c": .byte(1), "a": .byte(1), "b": .byte(1)]).elements == sorted)
  }

  @Test func contentIsRead() {
    #expect(Value.string("a").string == "a" && Value.objectPath("/").string == "/" && Value.byte(1).string == nil)
    #expect(Value.boolean(true).boolean == true && Value.uint32(1).uint32 == 1 && Value.uint64(1).uint64 == 1)
    #expect(Value.uint64(1).uint32 == nil && Value.strings(["a"]).strings == ["a"])
    #expect(Value.dictionary(["a": .byte(1)]).dictionary == ["a": .byte(1)])
    #expect(Value.dictionary(["a": .byte(1), "b": .byte(1)]).repeatedKey == nil)
    #expect(Value.strings(["a", "a"]).repeatedKey == nil)
    let twice = ["a", "b", "a"].map { Value.entry(.string($0), .variant(.byte(1))) }
    #expect(Value.array(of: "{sv}", twice).repeatedKey == "a")
    #expect(Value.structure([.byte(1)]).members == [.byte(1)])
  }
}
