import GBus
import MessengerContract
import MessengerProxy
import Testing

@testable import BridgeService

@Suite struct BroadcastSignalTests {
  private func message(_ arguments: [Value]) -> DesktopMessage? {
    BroadcastSignal(systemNotification: arguments)?.message(to: ["*"])
  }

  private func kde(_ properties: [String: Value]) -> BroadcastSignal? {
    BroadcastSignal(broadcast: [.dictionary(properties)])
  }

  @Test func earlyoom() {
    let expected = DesktopMessage(body: "Killing process 7", options: SendOptions(title: "earlyoom"))
    #expect(message([.string("earlyoom"), .string("Killing process 7")]) == expected)
  }

  @Test(arguments: [
    [Value.string("Only this")], [.string("Only this"), .string("  ")], [.string(" "), .string("Only this")],
  ])
  func oneText(_ arguments: [Value]) { #expect(message(arguments) == DesktopMessage(body: "Only this")) }

  @Test func allOfSystembusNotifys() {
    let options = SendOptions(timeout: 2, title: "Test", icon: "error")
    let arguments: [Value] = [
      .string("Test"), .string("Text"), .string("my app"), .uint32(0), .string("error"), .int32(2000),
    ]
    #expect(message(arguments) == DesktopMessage(body: "Text", options: options))
  }

  @Test func allOfKDEs() {
    let signal = kde([
      "appName": .string("app"), "appIcon": .string("dialog-warning"), "summary": .string("Test"),
      "body": .string("Text"), "timeout": .int32(1), "uids": .strings(["0", "1001", "x", "-1"]),
    ])
    #expect(signal?.uids == [0, 1001])
    let options = SendOptions(timeout: 1, title: "Test", icon: "dialog-warning")
    let message = signal?.message(to: ["user:alice"])
    #expect(message == DesktopMessage(recipients: ["user:alice"], body: "Text", options: options))
  }

  @Test(arguments: [(Value.int32(-1), UInt32?.none), (.int32(0), 0), (.int32(1001), 2), (.string("5"), nil)])
  func timeouts(_ value: Value, _ seconds: UInt32?) {
    #expect(kde(["body": .string("Text"), "timeout": value])?.message(to: ["*"])?.options.timeout == seconds)
  }

  @Test func toEveryone() {
    #expect(kde(["body": .string("Text"), "uids": .strings([])])?.uids == nil)
    // Somebody who doesn't exist is nobody, not everyone.
    #expect(kde(["body": .string("Text"), "uids": .strings(["nobody"])])?.uids == [])
  }

  @Test(arguments: ["/etc/passwd", "file:///x", "a b", "é", ""])
  func icons(_ name: String) {
    #expect(kde(["body": .string("Text"), "appIcon": .string(name)])?.message(to: ["*"])?.options.icon == nil)
  }

  @Test func longTexts() {
    let long = String(repeating: "x", count: 10_000)
    let found = message([.string(long), .string(long)])
    #expect(found?.options.title?.count == 256 && found?.body.count == Messenger.maximumBodyLength)
    #expect(found?.body.hasSuffix("x…") == true)
  }

  @Test(arguments: [[], [Value.uint32(1)], [.string("")], [.string(" \n"), .string("\t")]])
  func nothing(_ arguments: [Value]) { #expect(message(arguments) == nil) }

  @Test func nothingOfKDEs() {
    #expect(BroadcastSignal(broadcast: [.string("text")]) == nil)
    #expect(kde([:])?.message(to: ["*"]) == nil)
  }
}
