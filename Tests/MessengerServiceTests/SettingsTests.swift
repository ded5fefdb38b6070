import Foundation
import GBus
import Testing

@testable import MessengerService

struct SettingsTests {
  private static let timeoutRange = "from 0 to 2147483647: it stays 60"
  private static let lengthRange = "from 1 to 262144: it stays 4096"

  private static func take(_ text: String) -> (Settings, [Settings.Complaint]) {
    var settings = Settings()
    let complaints = settings.take(KeyFile(text))
    return (settings, complaints)
  }

  @Test(
    arguments: [
      ("", 60, 4096), ("DefaultTimeout=0", 0, 4096), ("DefaultTimeout = 2147483647", 2_147_483_647, 4096),
      ("MaximumBodyLength=1", 60, 1), ("MaximumBodyLength=262144 ", 60, 262_144),
      ("DefaultTimeout=5\nMaximumBodyLength=6", 5, 6),
    ] as [(String, UInt32, UInt32)])
  func valuesAreTaken(_ lines: String, _ timeout: UInt32, _ length: UInt32) {
    let (settings, complaints) = Self.take("[Messages]\n\(lines)\n")
    #expect(settings.defaultTimeout == timeout && settings.maximumBodyLength == length && complaints.isEmpty)
  }

  @Test(arguments: [
    ("DefaultTimeout", "-1", timeoutRange), ("DefaultTimeout", "2147483648", timeoutRange),
    ("DefaultTimeout", "99999999999999999999", timeoutRange), ("DefaultTimeout", "", timeoutRange),
    ("DefaultTimeout", "60s", timeoutRange), ("DefaultTimeout", "1.5", timeoutRange),
    ("DefaultTimeout", "6 0", timeoutRange),
    ("MaximumBodyLength", "0", lengthRange), ("MaximumBodyLength", "262145", lengthRange),
    ("MaximumBodyLength", "many", lengthRange),
  ]) func wrongValueIsToldWithItsLineAndPassedOver(_ key: String, _ value: String, _ reason: String) {
    let other = key == "DefaultTimeout" ? "MaximumBodyLength" : "DefaultTimeout"
    let (settings, complaints) = Self.take("# Settings\n[Messages]\n\n\(key)=\(value)\n\(other)=7\n")
    #expect(complaints == [.init(line: 4, text: "\(key)=\(value) in [Messages] is no number \(reason)")])
    #expect([settings.defaultTimeout, settings.maximumBodyLength] == (key == "DefaultTimeout" ? [60, 7] : [7, 4096]))
  }

  @Test func unknownIsTold() {
    let (settings, complaints) = Self.take(
      "[Messages]\ndefaulttimeout=5\nColour=red\nDefaultTimeout=6\n[messages]\nDefaultTimeout=7\n[Z]\n")
    #expect(
      complaints == [
        .init(line: 2, text: "there is no key defaulttimeout in [Messages]", isUnknown: true),
        .init(line: 3, text: "there is no key Colour in [Messages]", isUnknown: true),
        .init(line: 5, text: "there is no group [messages]", isUnknown: true),
        .init(line: 7, text: "there is no group [Z]", isUnknown: true),
      ])
    #expect(settings.defaultTimeout == 6)
  }

  @Test func whatIsSetTwiceIsTold() {
    let (settings, complaints) = Self.take(
      "[Messages]\nDefaultTimeout=5\n[Limits]\nBurst=7\n[Messages]\nDefaultTimeout=6\nDefaultTimeout=x\n")
    #expect(
      complaints == [
        .init(line: 6, text: "DefaultTimeout in [Messages] is set on line 2, too: this line counts", isUnknown: true),
        .init(line: 7, text: "DefaultTimeout=x in [Messages] is no number from 0 to 2147483647: it stays 6"),
      ])
    #expect(settings.defaultTimeout == 6 && settings.limits.burst == 7)
  }

  @Test func wrongLineCostsNoMoreThanItself() throws {
    let (settings, complaints) = Self.take("[Messages]\nDefaultTimeout: 5\nMaximumBodyLength=7\n[Limits]\nBurst=3\n")
    #expect(complaints.map(\.line) == [2])
    #expect(try #require(complaints.first).text.contains("DefaultTimeout: 5"))
    #expect(settings.defaultTimeout == 60 && settings.maximumBodyLength == 7 && settings.limits.burst == 3)
  }

  @Test func eachLimitHasItsKey() {
    for (index, key) in Settings.keys.enumerated() {
      var expected = Settings()
      expected[keyPath: key.setting] = 100 + UInt32(index)
      #expect(Self.take("[\(key.group)]\n\(key.name)=\(100 + index)\n").0 == expected)
    }
    #expect(Set(Settings.keys.map(\.setting)).count == Settings.keys.count)
  }

  @Test(arguments: Settings.keys.map(\.name)) func keysAreShippedAtTheirDefaults(_ name: String) throws {
    let file = URL(filePath: #filePath).appending(path: "../../../dbus/msgd.conf").standardized
    let groups = try String(contentsOf: file, encoding: .utf8).split(separator: "\n[").map { "[" + $0 }
    let key = try #require(Settings.keys.first { $0.name == name })
    let group = try #require(groups.first { $0.hasPrefix("[\(key.group)]\n") })
    #expect(group.contains("\n#\(name)=\(Settings()[keyPath: key.setting])\n"))
    #expect(group.contains("\(key.range.lowerBound) to \(key.range.upperBound)"))
  }
}
