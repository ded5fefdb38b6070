import Foundation
import Glibc
import Synchronization
import Testing

@testable import MQTT

/// A real mosquitto without TLS, on a port of its own.
private final class Mosquitto {
  let port: UInt16
  private let folder = NSTemporaryDirectory() + "mosquitto-\(UUID().uuidString)"
  private var process = Process()

  init() throws {
    port = UInt16.random(in: 20_000..<30_000)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let configuration = "listener \(port) 127.0.0.1\nallow_anonymous true\n"
    try configuration.write(toFile: "\(folder)/conf", atomically: true, encoding: .utf8)
    try start()
  }

  deinit { kill() }

  func start() throws {
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/sbin/mosquitto")
    process.arguments = ["-c", "\(folder)/conf"]
    let output = Foundation.Pipe()
    process.standardError = output
    try process.run()
    var text = ""
    while !text.contains(" running") {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw CocoaError(.executableLoad) }
      text += String(decoding: data, as: UTF8.self)
    }
  }

  func kill() {
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}

/// A connection and what has happened on it.
private final class Client {
  /// It lives as long as its clients.
  private let broker: Mosquitto
  let connection: BrokerConnection
  private let events: Events

  final class Events: Sendable {
    let all = Mutex<[BrokerEvent]>([])
    let semaphore = DispatchSemaphore(value: 0)

    func add(_ event: BrokerEvent) {
      all.withLock { $0.append(event) }
      semaphore.signal()
    }
  }

  init(_ broker: Mosquitto, id: String = UUID().uuidString) throws {
    let events = Events()
    self.events = events
    self.broker = broker
    let session = SessionSettings(clientID: id, keepAlive: 60, expiry: 60)
    connection = try BrokerConnection(to: BrokerSettings(host: "127.0.0.1", port: broker.port), session: session) {
      events.add($0)
    }
    try connection.start()
  }

  /// Waits for an event.
  func event(_ isWanted: (BrokerEvent) -> Bool) throws -> BrokerEvent {
    while true {
      if let found = events.all.withLock({ events in
        events.firstIndex(where: isWanted).map { events.remove(at: $0) }
      }) {
        return found
      }
      try #require(events.semaphore.wait(timeout: .now() + 20) == .success, "nothing came")
    }
  }

  func connected() throws {
    _ = try event { if case .connected = $0 { true } else { false } }
  }

  func message() throws -> IncomingMessage? {
    let event = try event { if case .message = $0 { true } else { false } }
    return if case .message(let message) = event { message } else { nil }
  }
}

@Suite struct BrokerConnectionTests {
  @Test func aMessageComesWithItsProperties() throws {
    let broker = try Mosquitto()
    let client = try Client(broker)
    try client.connected()
    let number = try client.connection.subscribe(to: ["a/+", "b"], .atLeastOnce)
    let answer = try client.event { if case .subscribed(number, _) = $0 { true } else { false } }
    guard case .subscribed(_, let reasons) = answer else { return }
    #expect(reasons.count == 2 && reasons.allSatisfy(\.isSuccess))
    let payload = [UInt8](repeating: 7, count: 100_000)
    try client.connection.publish(Publication(topic: "a/x", payload: payload, properties: ["one": "1", "two": "ä"]))
    let message = try client.message()
    #expect(message?.payload == payload && message?.topic == "a/x")
    #expect(message?.properties == ["one": "1", "two": "ä"])
    client.connection.disconnect()
  }

  @Test func nobodyIsSubscribed() throws {
    let broker = try Mosquitto()
    let other = try Client(broker)
    try other.connected()
    let number = try other.connection.publish(Publication(topic: "nobody", payload: []))
    let answer = try other.event { if case .published(number, _) = $0 { true } else { false } }
    guard case .published(_, let reason) = answer else { return }
    #expect(reason.code == Reason.noSubscribers && reason.isSuccess)
    other.connection.disconnect()
  }

  @Test func itConnectsAgain() throws {
    let broker = try Mosquitto()
    let client = try Client(broker)
    try client.connected()
    broker.kill()
    _ = try client.event { if case .disconnected = $0 { true } else { false } }
    try broker.start()
    try client.connected()
    client.connection.disconnect()
  }

  @Test func aSessionIsKept() throws {
    let broker = try Mosquitto()
    let first = try Client(broker, id: "pc7")
    try first.connected()
    let number = try first.connection.subscribe(to: ["a"], .atLeastOnce)
    _ = try first.event { if case .subscribed(number, _) = $0 { true } else { false } }
    first.connection.disconnect()
    _ = try first.event { if case .disconnected = $0 { true } else { false } }
    let sender = try Client(broker)
    try sender.connected()
    let sent = try sender.connection.publish(Publication(topic: "a", payload: [1]))
    _ = try sender.event { if case .published(sent, _) = $0 { true } else { false } }
    let second = try Client(broker, id: "pc7")
    let event = try second.event { if case .connected = $0 { true } else { false } }
    #expect(event == .connected(hasSession: true))
    #expect(try second.message()?.payload == [1])
    for client in [sender, second] { client.connection.disconnect() }
  }
}

@Suite struct ReconnectDelayTests {
  @Test func itGrowsToAMinute() {
    var delay = ReconnectDelay()
    let delays = (0..<10).map { _ in delay.next() }
    for (delay, expected) in zip(delays, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]) {
      #expect(delay >= .seconds(expected) * 0.5 && delay <= .seconds(expected) * 1.5)
    }
    delay.reset()
    #expect(delay.next() <= .seconds(1.5))
  }

  @Test func anotherOfTheSameNameMakesItWait() {
    var delay = ReconnectDelay()
    delay.wait()
    #expect(delay.next() >= .seconds(150))
  }
}
