internal import GBus

/// Popups for a desktop that shows one at a time, in the order of their coming. What the notification server itself has in a
/// queue was not seen by anybody, and the server doesn't tell when it will be.
@MainLoop
final class PopupQueue {
  private var places: [Place] = []

  nonisolated init() {}

  /// A popup's place in the queue. The first has its turn.
  @MainLoop
  final class Place {
    private weak var queue: PopupQueue?
    private var waiter: CheckedContinuation<Void, Never>?

    fileprivate init(in queue: PopupQueue) { self.queue = queue }

    /// Whether it is this one's turn.
    var hasTurn: Bool { queue?.places.first === self }

    /// Waits for the turn; to be called once.
    ///
    /// - Parameter deadline: when the place is given up; `nil` = never.
    /// - Returns: whether it is this one's turn now, and not that the place was left.
    func turn(by deadline: Deadline?) async -> Bool {
      let timer = deadline.map { Timer(at: $0) { [weak self] in self?.leave() } }
      defer { timer?.cancel() }
      if !hasTurn, isHeld { await withCheckedContinuation { waiter = $0 } }
      return hasTurn
    }

    /// Gives the place up: the popup is gone, or not wanted any more.
    func leave() {
      queue?.places.removeAll { $0 === self }
      wake()
      queue?.places.first?.wake()
    }

    private var isHeld: Bool { queue?.places.contains { $0 === self } ?? false }

    private func wake() {
      waiter?.resume()
      waiter = nil
    }
  }

  /// Takes the last place.
  func enter() -> Place {
    let place = Place(in: self)
    places.append(place)
    return place
  }
}
