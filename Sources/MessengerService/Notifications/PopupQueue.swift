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
    /// Whether it must give way to another popup.
    private(set) var isDisplaced = false
    private let sender: UInt32
    private var size: Int
    private weak var queue: PopupQueue?
    private var deadline: Timer?
    private var waiter: CheckedContinuation<Void, Never>?

    fileprivate init(in queue: PopupQueue?, of sender: UInt32, size: Int) {
      self.queue = queue
      self.sender = sender
      self.size = size
      hasTurn = queue == nil
    }

    /// Makes a place on a desktop that is not known to lack room.
    static func free() -> Place { Place(in: nil, of: 0, size: 0) }

    /// Whether it has its turn as soon as others are off the screen.
    var isNext: Bool { queue?.order.isNext(number, at: .now) ?? true }

    /// Waits for the turn.
    ///
    /// - Parameter deadline: the time at which the place is given up; `nil` = never.
    /// - Returns: whether it has its turn; false if the place was left.
    func turn(by deadline: Deadline?) async -> Bool {
      giveUp(at: deadline)
      defer { self.deadline?.cancel() }
      if !hasTurn, isHeld { await withCheckedContinuation { waiter = $0 } }
      return hasTurn
    }

    /// Changes the time at which the place is given up if it has no turn until then; `nil` = never.
    func giveUp(at deadline: Deadline?) {
      self.deadline?.cancel()
      self.deadline = deadline.map { Timer(at: $0) { [weak self] in self?.leaveWithoutTurn() } }
    }

    private func leaveWithoutTurn() { if !hasTurn { leave() } }

    /// Enters the queue.
    fileprivate func enter() {
      guard let queue else { return }
      number = queue.order.enter(from: sender, size: size)
      queue.places[number] = self
      queue.arrange()
    }

    /// Notes that it needs the room for another text.
    func resize(for text: String) {
      guard let queue else { return }
      let old = size
      size = queue.order.room.size(of: text)
      guard isHeld, size != old else { return }
      queue.order.resize(number, to: size)
      queue.arrange()
    }

    /// Notes that the displaced popup, or the window that took its place, is off the screen, and waits again.
    func giveBack() {
      (popup, isDisplaced, hasTurn) = (nil, false, queue == nil)
      guard ending == nil else { return leave() }
      guard isHeld else { return enter() }
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
    let place = Place(in: self, of: sender, size: room.size(of: text))
    place.enter()
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
