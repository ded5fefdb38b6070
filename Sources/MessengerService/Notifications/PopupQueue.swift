internal import GBus

/// Popups for a desktop that has room for a few at a time: see ``PopupOrder``. What the notification server itself has
/// in a queue, or beyond the edge of the screen, was not seen by anybody, and the server doesn't tell when it will be.
@MainLoop
final class PopupQueue {
  private var order = PopupOrder()
  private var places: [Int: Place] = [:]
  private var timer: Timer?

  nonisolated init() {}

  /// A popup's place in the queue: it waits, has its turn, or is to give that up.
  @MainLoop
  final class Place {
    /// The popup that stands, if one does. What has happened meanwhile counts for it, too.
    var popup: Popup? {
      didSet {
        if let ending { popup?.handle(ending) }
        if isDisplaced { popup?.handle(.displaced) }
      }
    }
    /// What ended it before there was a popup.
    private(set) var ending: PopupVerdict.Event?
    /// Whether it is this one's turn.
    fileprivate(set) var hasTurn: Bool
    fileprivate var number = 0
    private weak var queue: PopupQueue?
    private var isDisplaced = false
    private var waiter: CheckedContinuation<Void, Never>?

    fileprivate init(in queue: PopupQueue?) {
      self.queue = queue
      hasTurn = queue == nil
    }

    /// A place on a desktop that is not known to lack room.
    static func free() -> Place { Place(in: nil) }

    /// Whether it is this one's turn as soon as others are off the screen.
    var isNext: Bool { queue?.order.isNext(number, at: .now) ?? true }

    /// Waits for the turn.
    ///
    /// - Parameter deadline: when the place is given up; `nil` = never.
    /// - Returns: whether it is this one's turn now, and not that the place was left.
    func turn(by deadline: Deadline?) async -> Bool {
      let timer = deadline.map { Timer(at: $0) { [weak self] in self?.leave() } }
      defer { timer?.cancel() }
      if !hasTurn, isHeld { await withCheckedContinuation { waiter = $0 } }
      return hasTurn
    }

    /// The popup was displaced and is off the screen: waits again.
    func giveBack() {
      (popup, isDisplaced, hasTurn) = (nil, false, false)
      guard ending == nil else { return leave() }
      queue?.order.giveBack(number)
      queue?.arrange()
    }

    /// Gives the place up: the popup is gone, or not wanted any more.
    func leave() {
      guard isHeld else { return }
      hasTurn = false
      queue?.places[number] = nil
      queue?.order.leave(number)
      wake()
      queue?.arrange()
    }

    /// The message has ended, or its sessions: so does the popup, or the wait for its turn.
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

  /// Takes a place.
  ///
  /// - Parameters:
  ///   - text: what the popup says.
  ///   - sender: whose uid it is.
  ///   - room: what there is on the desktop.
  ///   - turn: how long a popup stands before it gives way to another sender's.
  /// - Returns: the place.
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
