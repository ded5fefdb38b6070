internal import GBus

/// The queue of popups for a desktop that has room for a few at a time: see ``PopupOrder``. A popup in the notification
/// server's own queue, or beyond the edge of the screen, has not been seen, and the server doesn't report when it will
/// be.
@MainLoop
final class PopupQueue {
  private var order = PopupOrder()
  private var places: [Int: Place] = [:]
  private var timer: Timer?

  nonisolated init() {}

  /// A popup's place in the queue. It waits, has its turn, or must give it up.
  @MainLoop
  final class Place {
    /// The popup, if it stands. Events that came before are passed on to it.
    var popup: Popup? {
      didSet {
        if let ending { popup?.handle(ending) }
        if isDisplaced { popup?.handle(.displaced) }
      }
    }
    /// The event that ended it before there was a popup.
    private(set) var ending: PopupVerdict.Event?
    /// Whether it has its turn.
    fileprivate(set) var hasTurn: Bool
    fileprivate var number = 0
    private weak var queue: PopupQueue?
    private var isDisplaced = false
    private var waiter: CheckedContinuation<Void, Never>?

    fileprivate init(in queue: PopupQueue?) {
      self.queue = queue
      hasTurn = queue == nil
    }

    /// Makes a place on a desktop that is not known to lack room.
    static func free() -> Place { Place(in: nil) }

    /// Whether it has its turn as soon as others are off the screen.
    var isNext: Bool { queue?.order.isNext(number, at: .now) ?? true }

    /// Waits for the turn.
    ///
    /// - Parameter deadline: the time at which the place is given up; `nil` = never.
    /// - Returns: whether it has its turn; false if the place was left.
    func turn(by deadline: Deadline?) async -> Bool {
      let timer = deadline.map { Timer(at: $0) { [weak self] in self?.leave() } }
      defer { timer?.cancel() }
      if !hasTurn, isHeld { await withCheckedContinuation { waiter = $0 } }
      return hasTurn
    }

    /// Notes that the displaced popup is off the screen, and waits again.
    func giveBack() {
      (popup, isDisplaced, hasTurn) = (nil, false, false)
      guard ending == nil else { return leave() }
      queue?.order.giveBack(number)
      queue?.arrange()
    }

    /// Leaves the queue, because the popup is gone or no longer wanted.
    func leave() {
      guard isHeld else { return }
      hasTurn = false
      queue?.places[number] = nil
      queue?.order.leave(number)
      wake()
      queue?.arrange()
    }

    /// Ends the popup, or the wait for its turn, because the message or its sessions have ended.
    func end(_ event: PopupVerdict.Event) {
      ending = event
      if let popup { popup.handle(event) } else if !hasTurn { leave() }
    }

    fileprivate func begin() {
      hasTurn = true
      wake()
    }

    fileprivate func displace() {
      isDisplaced = true
      popup?.handle(.displaced)
    }

    private var isHeld: Bool { queue?.places[number] === self }

    private func wake() {
      waiter?.resume()
      waiter = nil
    }
  }

  /// Adds a popup to the queue.
  ///
  /// - Parameters:
  ///   - text: what the popup says.
  ///   - sender: the sender's uid.
  ///   - room: the room on the desktop.
  ///   - turn: how long a popup stands before it gives way to another sender's.
  /// - Returns: the popup's place.
  func enter(for text: String, from sender: UInt32, in room: PopupOrder.Room, turn: Duration) -> Place {
    (order.room, order.turn) = (room, turn)
    let place = Place(in: self)
    place.number = order.enter(from: sender, size: room.size(of: text))
    places[place.number] = place
    arrange()
    return place
  }

  private func arrange() {
    let changes = order.arrange(at: .now)
    for number in changes.displaced { places[number]?.displace() }
    for number in changes.raised { places[number]?.begin() }
    timer?.cancel()
    timer = order.nextEnd(after: .now).map { Timer(at: $0) { [weak self] in self?.arrange() } }
  }
}
