import MessengerContract
import MessengerClient
import MsgCommand
import Synchronization

/// A service that answers as a test says, because a real one can't be made to fail on demand.
final class FakeService: ServiceClient {
  /// A request to send.
  struct Call: Equatable {
    let recipients: [String]
    let body: String
    let options: SendOptions
  }

  /// A request to change a message.
  struct Update: Equatable {
    let id: UInt64
    let body: String
    let options: SendOptions
  }

  private let changes: [DeliveryChanges]
  private let answer: Result<[Delivery], any Error>
  private let listed: Result<[Session], any Error>
  private let held: Result<[HeldMessage], any Error>
  private let maximumBodyLength: UInt32
  private let afterChange: @Sendable (Int) -> Void
  private let sent = Mutex<[Call]>([])
  private let ids = Mutex<[UInt64]>([])
  private let updating = Mutex<[Update]>([])
  private let forgetting = Mutex(false)
  private let muting = Mutex<[Bool]>([])

  /// The requests to send that it has received.
  var calls: [Call] { sent.withLock { $0 } }
  /// The ids of the messages that it was asked to withdraw.
  var withdrawn: [UInt64] { ids.withLock { $0 } }

  /// Whether it no longer knows the message that is to change.
  var forgets: Bool {
    get { forgetting.withLock { $0 } }
    set { forgetting.withLock { $0 = newValue } }
  }

  /// The requests to change a message that it has received.
  var updates: [Update] { updating.withLock { $0 } }

  /// The requests to mute or unmute that it has received; the last one holds.
  var mutings: [Bool] { muting.withLock { $0 } }

  /// - Parameters:
  ///   - answer: how it answers to everything.
  ///   - changes: what it signals of a message before the answer.
  ///   - sessions: the sessions that it lists.
  ///   - held: the held messages that it lists.
  ///   - maximumBodyLength: its property.
  ///   - afterChange: called after each change, with its index.
  init(
    _ answer: Result<[Delivery], any Error> = .success([]), after changes: [DeliveryChanges] = [],
    sessions: Result<[Session], any Error> = .success([]), held: Result<[HeldMessage], any Error> = .success([]),
    maximumBodyLength: UInt32 = 4096,
    afterChange: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    self.answer = answer
    self.changes = changes
    self.listed = sessions
    self.held = held
    self.maximumBodyLength = maximumBodyLength
    self.afterChange = afterChange
  }

  /// Makes another service that answers as this one does.
  convenience init(_ other: FakeService) {
    self.init(
      other.answer, after: other.changes, sessions: other.listed, held: other.held,
      maximumBodyLength: other.maximumBodyLength, afterChange: other.afterChange)
  }

  func send(
    to recipients: [String], body: String, options: SendOptions, onChange: (DeliveryChanges) -> Void
  ) throws -> Receipt {
    sent.withLock { $0.append(Call(recipients: recipients, body: body, options: options)) }
    for (index, change) in changes.enumerated() {
      onChange(change)
      afterChange(index)
    }
    return Receipt(id: 1, deliveries: try answer.get())
  }

  func update(_ id: UInt64, body: String, options: SendOptions) throws {
    updating.withLock { $0.append(Update(id: id, body: body, options: options)) }
    if forgets { throw MessengerError(.noSuchMessage, "there is no message \(id)") }
    _ = try answer.get()
  }

  func deliveries(of id: UInt64) throws -> [Delivery] { try answer.get() }

  func sessions() throws -> [Session] { try listed.get() }

  func withdraw(_ id: UInt64) throws {
    ids.withLock { $0.append(id) }
    _ = try answer.get()
  }

  func heldMessages() throws -> [HeldMessage] { try held.get() }

  func setMuted(_ isMuted: Bool) throws {
    _ = try answer.get()
    muting.withLock { $0.append(isMuted) }
  }

  func isMuted() throws -> Bool {
    _ = try answer.get()
    return muting.withLock { $0.last ?? false }
  }

  func properties() throws -> ServiceProperties {
    ServiceProperties(version: "1", defaultTimeout: 60, maximumBodyLength: maximumBodyLength)
  }
}
