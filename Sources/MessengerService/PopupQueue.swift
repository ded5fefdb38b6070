internal import GBus

/// Popups for a desktop that has room for a few at a time, in the order of their coming. What the notification server itself
/// has in a queue, or beyond the edge of the screen, was not seen by anybody, and the server doesn't tell when it will be.
@MainLoop
final class PopupQueue {
  /// How many popups have room at a time.
  struct Room: Sendable, Equatable {
    var popups = Int.max
    /// How many lines of text, one below the other, the screen has room for; a popup needs so many more than its text.
    var lines = Int.max
    var frame = 0

    /// What a text needs of the lines, as far as that can be told without the desktop's font.
    func size(of text: String) -> Int {
      text.split(separator: "\n", omittingEmptySubsequences: false)
        .reduce(frame) { $0 + max(1, ($1.unicodeScalars.count + Self.width - 1) / Self.width) }
    }

    /// Letters of a line (Show all begins with six lines or 250 letters, too).
    private static let width = 40
  }

  private var places: [Place] = []
  private var room = Room()

  nonisolated init() {}

  /// A popup's place in the queue. The first ones have their turn.
  @MainLoop
  final class Place {
    fileprivate let size: Int
    private weak var queue: PopupQueue?
    private var waiter: CheckedContinuation<Void, Never>?

    fileprivate init(in queue: PopupQueue, size: Int) {
      self.queue = queue
      self.size = size
    }

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

  /// The places that have their turn: one at least, however much it takes.
  private var first: [Place] {
    var left = room.lines
    let first = places.prefix(room.popups).prefix {
      left -= $0.size
      return left >= 0
    }
    return first.isEmpty ? Array(places.prefix(1)) : Array(first)
  }

  /// Takes the last place.
  ///
  /// - Parameters:
  ///   - text: what the popup says.
  ///   - room: what there is on the desktop.
  /// - Returns: the place.
  func enter(for text: String, in room: Room) -> Place {
    self.room = room
    let place = Place(in: self, size: room.size(of: text))
    places.append(place)
    return place
  }
}
