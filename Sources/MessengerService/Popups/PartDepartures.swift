internal import GBus

/// The messages that wait until the combined popup no longer holds them.
@MainLoop
final class PartDepartures {
  private struct Departure {
    let part: CombinedPart
    let timer: Timer
    let done: @MainLoop () -> Void
  }

  private var departures: [Departure] = []

  nonisolated init() {}

  /// Whether a message is to go.
  func contains(_ part: CombinedPart) -> Bool { departures.contains { $0.part === part } }

  /// Adds a message. `done` is called when it has gone, or at the deadline.
  func add(_ part: CombinedPart, by deadline: Deadline, done: @escaping @MainLoop () -> Void) {
    let timer = Timer(at: deadline) { [weak self] in self?.finish { $0 === part } }
    departures.append(Departure(part: part, timer: timer, done: done))
  }

  /// Notes that some messages have gone.
  func finish(where hasGone: (CombinedPart) -> Bool) {
    let finished = departures.filter { hasGone($0.part) }
    departures.removeAll { hasGone($0.part) }
    for departure in finished {
      departure.timer.cancel()
      departure.done()
    }
  }
}
