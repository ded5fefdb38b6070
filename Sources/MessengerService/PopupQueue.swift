internal import GBus

/// Popups for a desktop that has room for a few at a time, in the order of their coming. What the notification server itself
/// has in a queue, or beyond the edge of the screen, was not seen by anybody, and the server doesn't tell when it will be.
@MainLoop
final class PopupQueue {
  private var places: [Place] = []
  /// How many have their turn at once.
  private var room = 1

  nonisolated init() {}

  /// A popup's place in the queue. The first ones have their turn.
  @MainLoop
  final class Place {
    private weak var queue: PopupQueue?
    private var waiter: CheckedContinuation<Void, Never>?

    fileprivate init(in queue: PopupQueue) { self.queue = queue }

    /// Whether it is this one's turn.
    var hasTurn: Bool { queue?.first.contains { $0 === self } ?? false }

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
      queue?.first.forEach { $0.wake() }
    }

    private var isHeld: Bool { queue?.places.contains { $0 === self } ?? false }

    private func wake() {
      waiter?.resume()
      waiter = nil
    }
  }

  private var first: ArraySlice<Place> { places.prefix(room) }

  /// Takes the last place.
  ///
  /// - Parameter room: how many popups have room at a time.
  /// - Returns: the place.
  func enter(room: Int) -> Place {
    self.room = room
    let place = Place(in: self)
    places.append(place)
    return place
  }
}
