internal import GBus
internal import MessengerProxy

/// Decides which signals' messages stand, and which wait. A user has five places for popups of one sender's
/// (`OpenPopupsPerSenderAtRecipient=`), and one of them is for a shutdown.
struct SignalPlaces: Sendable {
  /// Something to do.
  enum Step: Sendable, Equatable {
    /// Send this message.
    case send(DesktopMessage)
    /// Take this message back, whose place another one needs.
    case withdraw(UInt64)
    /// Look again at this time.
    case wait(Deadline)
  }

  /// How many messages stand.
  static let mostStanding = 3
  /// How many messages wait for a place.
  static let mostWaiting = 16
  /// How long a message stands at least before it gives its place to another one.
  static let leastTime: Duration = .seconds(20)

  private var standing: [(id: UInt64, since: Deadline)] = []
  private var waiting: [DesktopMessage] = []
  /// How many messages are being sent.
  private var underWay = 0

  /// Takes a message that is to be sent.
  ///
  /// - Returns: false if too many wait.
  mutating func add(_ message: DesktopMessage) -> Bool {
    guard waiting.count < Self.mostWaiting else { return false }
    waiting.append(message)
    return true
  }

  /// Decides what to do next.
  ///
  /// - Parameter now: the time.
  /// - Returns: the step; `nil` if there is nothing to do until something changes.
  mutating func next(at now: Deadline) -> Step? {
    guard !waiting.isEmpty else { return nil }
    if standing.count + underWay < Self.mostStanding {
      underWay += 1
      return .send(waiting.removeFirst())
    }
    guard let oldest = standing.first else { return nil }
    let end = oldest.since + Self.leastTime
    guard end <= now else { return .wait(end) }
    standing.removeFirst()
    return .withdraw(oldest.id)
  }

  /// Notes that a message was sent.
  ///
  /// - Parameters:
  ///   - id: the message's id, if somebody sees it; otherwise `nil`.
  ///   - now: the time.
  mutating func sent(_ id: UInt64?, at now: Deadline) {
    underWay -= 1
    if let id { standing.append((id, now)) }
  }

  /// Notes that nobody sees a message any more.
  mutating func ended(_ id: UInt64) { standing.removeAll { $0.id == id } }

  /// Notes that msgd has left, and every popup with it.
  mutating func forgetAll() { standing = [] }
}
