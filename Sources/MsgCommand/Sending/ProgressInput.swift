import MessengerClient
import MessengerContract
import Platform
import Synchronization

/// Shows in a message's popups how much of something is done, as standard input says.
///
/// The popups' time begins anew with each change, and again and again while nothing changes. So they stay while the
/// input goes on, and no longer than their time if `msg` is killed.
///
/// The input is always read to its end: the program that writes it is not to fail because nobody looks any more.
final class ProgressInput: Sendable {
  /// A message whose popups show it.
  private struct Target: Sendable {
    let service: any ServiceClient
    let id: UInt64
    /// How many seconds its popups stay; 0 = until they are answered.
    let timeout: UInt32
    /// Whether the service gets no more calls for it.
    var hasEnded = false
  }

  private let next: @Sendable (Duration?) throws -> InputChunk
  private let isTerminal: Bool
  private let targets = Mutex<[Target]>([])
  private let isStarted = Mutex(false)
  private let outcome = BlockingQueue<Result<Void, any Error>>()

  /// How long a percentage is shown before the next one is. msgd shows no more changes.
  private static let changeDelay: Duration = .milliseconds(500)
  /// How long a popup's time isn't begun anew if it has none.
  private static let longestDelay: Duration = .seconds(3600)

  /// - Parameter surroundings: where standard input is read.
  init(_ surroundings: Surroundings) {
    next = surroundings.nextInput
    isTerminal = surroundings.isInputTerminal
  }

  /// Shows it in a message's popups from now on, and begins to read, on another thread.
  ///
  /// - Parameters:
  ///   - service: the service that the message was sent by.
  ///   - id: the message.
  ///   - timeout: how many seconds its popups stay; 0 = until they are answered.
  func show(at service: any ServiceClient, message id: UInt64, timeout: UInt32) {
    targets.withLock { $0.append(Target(service: service, id: id, timeout: timeout)) }
    start()
  }

  /// Returns when the input has ended, and the popups show the last of it.
  ///
  /// - Throws: an ``InputError`` if the input can't be read; the first error of a service.
  func readToEnd() throws {
    // Nobody types on for a message that was not sent.
    if isTerminal, !isStarted.withLock(\.self) { return }
    start()
    try outcome.take().get()
  }

  private func start() {
    let isFirst = isStarted.withLock { isStarted in
      defer { isStarted = true }
      return !isStarted
    }
    guard isFirst else { return }
    do {
      try WorkThread.start { self.outcome.put(Result { try self.read() }) }
    } catch {
      outcome.put(Result { try read() })
    }
  }

  private func read() throws {
    var parser = ProgressParser()
    var shown: (percent: UInt32?, at: Deadline) = (nil, .now)
    var failure: (any Error)?
    func show() {
      shown = (parser.percent, .now)
      do { try update(parser.percent) } catch { failure = failure ?? error }
    }
    var isOver = false
    while !isOver {
      let isNew = parser.percent != shown.percent
      switch try next((shown.at + (isNew ? Self.changeDelay : renewalDelay)).remaining) {
      case .bytes(let bytes): parser.read(bytes)
      case .nothing: show()
      case .end:
        parser.endLine()
        isOver = true
      }
      let delay = parser.percent == shown.percent ? renewalDelay : Self.changeDelay
      if !isOver, shown.at + delay <= .now { show() }
    }
    show()
    if let failure { throw failure }
  }

  /// How long nothing need change before the popups' time has to begin anew.
  private var renewalDelay: Duration {
    let timeouts = targets.withLock { $0.map(\.timeout) }.filter { $0 > 0 }
    return timeouts.min().map { .seconds(Int64($0)) / 3 } ?? Self.longestDelay
  }

  /// Changes the messages. Each is tried; too many calls in a short time are none the worse, as more will follow.
  ///
  /// - Throws: the first error of a service. It gets no more calls for that message.
  private func update(_ percent: UInt32?) throws {
    var failure: (any Error)?
    for (index, target) in targets.withLock({ Array($0.enumerated()) }) where !target.hasEnded {
      do {
        try target.service.update(
          target.id, body: "", options: SendOptions(timeout: target.timeout, progress: percent))
      } catch let error as MessengerError where error.code == .limitExceeded {
      } catch {
        targets.withLock { $0[index].hasEnded = true }
        // msgd forgets a message some time after everybody has answered it.
        if (error as? MessengerError)?.code != .noSuchMessage { failure = failure ?? error }
      }
    }
    if let failure { throw failure }
  }
}
