import Foundation
import GBus
import Testing

@testable import MessengerService

struct SettingsTests {
  private static let timeoutRange = "from 0 to 2147483647: it stays 60"
  private static let lengthRange = "from 1 to 262144: it stays 4096"

  private static func take(_ groups: [String: [String: String]]) -> (Settings, [Settings.Complaint]) {
    var settings = Settings()
    let complaints = settings.take(KeyFile(groups: groups))
    return (settings, complaints)
  }

  @Test(
    arguments: [
      ([:], 60, 4096), (["DefaultTimeout": "0"], 0, 4096), (["DefaultTimeout": "2147483647"], 2_147_483_647, 4096),
      (["MaximumBodyLength": "1"], 60, 1), (["MaximumBodyLength": "262144 "], 60, 262_144),
      (["DefaultTimeout": "5", "MaximumBodyLength": "6"], 5, 6),
    ] as [([String: String], UInt32, UInt32)])
  func valuesAreTaken(_ keys: [String: String], _ timeout: UInt32, _ length: UInt32) {
    let (settings, complaints) = Self.take(["Messages": keys])
    #expect(settings.defaultTimeout == timeout && settings.maximumBodyLength == length && complaints.isEmpty)
  }

  @Test(arguments: [
    ("DefaultTimeout", "-1", timeoutRange), ("DefaultTimeout", "2147483648", timeoutRange),
    ("DefaultTimeout", "99999999999999999999", timeoutRange), ("DefaultTimeout", "", timeoutRange),
    ("DefaultTimeout", "60s", timeoutRange), ("DefaultTimeout", "1.5", timeoutRange),
    ("DefaultTimeout", "6 0", timeoutRange),
    ("MaximumBodyLength", "0", lengthRange), ("MaximumBodyLength", "262145", lengthRange),
    ("MaximumBodyLength", "many", lengthRange),
  ]) func wrongValueIsPassedOver(_ key: String, _ value: String, _ reason: String) {
    let other = key == "DefaultTimeout" ? ["MaximumBodyLength": "7"] : ["DefaultTimeout": "7"]
    let (settings, complaints) = Self.take(["Messages": other.merging([key: value]) { first, _ in first }])
    #expect(complaints == [.wrong("\(key)=\(value) in [Messages] is no number \(reason)")])
    #expect([settings.defaultTimeout, settings.maximumBodyLength] == (key == "DefaultTimeout" ? [60, 7] : [7, 4096]))
  }

  @Test func unknownIsTold() {
    let (settings, complaints) = Self.take([
      "Messages": ["defaulttimeout": "5", "Colour": "red", "DefaultTimeout": "6"], "messages": ["DefaultTimeout": "7"],
      "Z": [:],
    ])
    let texts = [
      "there is no key Colour in [Messages]", "there is no key defaulttimeout in [Messages]",
      "there is no group [Z]", "there is no group [messages]",
    ]
    #expect(complaints == texts.map { .unknown($0) })
    #expect(settings.defaultTimeout == 6)
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
