import MessengerContract
import Testing

struct ReplyRulesTests {
  @Test(arguments: ["yes", "no", "a.b_c+d-e", "1", "Default", "x", "-", "okay"]) func keysAreTaken(_ key: String) {
    #expect(ReplyRules.fault(inKey: key) == nil)
  }

  @Test(arguments: ["default", "inline-reply", "ok", "settings", "show-all", "later-600", "later-", "x-", "x-kde-urls"])
  func keysAreReserved(_ key: String) { #expect(ReplyRules.fault(inKey: key)?.hasPrefix("is reserved") == true) }

  @Test(arguments: ["a b", "a\nb", "é", "a/b", "a=b", "\u{202E}", "١"]) func keysArePlain(_ key: String) {
    #expect(ReplyRules.fault(inKey: key) == "may only have letters of a to z, digits, . _ + and -")
  }

  @Test func keysHaveALength() {
    #expect(ReplyRules.fault(inKey: "") == "is empty")
    #expect(ReplyRules.fault(inKey: String(repeating: "x", count: 64)) == nil)
    #expect(ReplyRules.fault(inKey: String(repeating: "x", count: 65)) == "has more than 64 characters")
  }
}
