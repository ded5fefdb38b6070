internal import GBus
internal import MessengerContract

/// The queue of popups for a desktop that has room for a few at a time: see ``PopupOrder``. A popup in the notification
/// server's own queue, or beyond the edge of the screen, has not been seen, and the server doesn't report when it will
/// be.
///
/// Popups that one popup can hold together take their turn together: see ``CombinedPopup``. They are its parts.
@MainLoop
final class PopupQueue {
  private var order = PopupOrder()
  private var places: [Int: Place] = [:]
  /// Which parts the combined popup holds.
  private var parts = PopupOrder()
  private var partPlaces: [Int: Place] = [:]
  /// The combined popup's number in ``order``, while it has parts or waits for some.
  private var combined: Int?
  private var timer: Timer?

  /// Whose the combined popup is, as far as turns go: nobody's. While one of its parts is root's, it is root's.
  private static let nobody = Messenger.noUID

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
    /// Its number in the order of arrival, among the parts if it is one.
    fileprivate var number = 0
    /// Whether it must give way to another popup.
    private(set) var isDisplaced = false
    /// Whether it is a part of the combined popup.
    let isPart: Bool
    /// The sender's uid.
    let sender: UInt32
    fileprivate private(set) var size: Int
    private weak var queue: PopupQueue?
    private var deadline: Timer?
    private var waiter: CheckedContinuation<Void, Never>?

    fileprivate init(in queue: PopupQueue?, of sender: UInt32, size: Int, isPart: Bool = false) {
      self.queue = queue
      self.isPart = isPart
      self.sender = sender
      self.size = size
      hasTurn = queue == nil
    }

    /// Makes a place on a desktop that is not known to lack room.
    static func free() -> Place { Place(in: nil, of: 0, size: 0) }

    /// Whether it has its turn as soon as others are off the screen.
    var isNext: Bool { queue?.isNext(self) ?? true }

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
      queue?.enter(self)
    }

    /// Notes that it needs the room for another text.
    func resize(for text: String) {
      guard let queue, !isPart else { return }
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
      queue?.giveBack(self)
    }

    /// Leaves the queue, because the popup is gone or no longer wanted.
    func leave() {
      guard isHeld else { return }
      hasTurn = false
      queue?.remove(self)
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

    private var isHeld: Bool { (isPart ? queue?.partPlaces[number] : queue?.places[number]) === self }

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
  ///   - parts: how many parts the combined popup may have, if this is to be one; otherwise `nil`.
  /// - Returns: the popup's place.
  func enter(
    for text: String, from sender: UInt32, in room: PopupOrder.Room, turn: Duration, parts: Int? = nil
  ) -> Place {
    (order.room, order.turn) = (room, turn)
    if let parts { (self.parts.room, self.parts.turn) = (PopupOrder.Room(popups: parts), turn) }
    let place = Place(in: self, of: sender, size: room.size(of: text), isPart: parts != nil)
    place.enter()
    return place
  }

  private func enter(_ place: Place) {
    if place.isPart {
      place.number = parts.enter(from: place.sender, size: 1)
      partPlaces[place.number] = place
      if combined == nil { combined = order.enter(from: Self.nobody, size: 1) }
    } else {
      place.number = order.enter(from: place.sender, size: place.size)
      places[place.number] = place
    }
    arrange()
  }

  private func remove(_ place: Place) {
    if place.isPart {
      partPlaces[place.number] = nil
      parts.leave(place.number)
    } else {
      places[place.number] = nil
      order.leave(place.number)
    }
  }

  private func giveBack(_ place: Place) {
    if place.isPart { parts.giveBack(place.number) } else { order.giveBack(place.number) }
    arrange()
  }

  private func isNext(_ place: Place) -> Bool {
    guard place.isPart else { return order.isNext(place.number, at: .now) }
    return combined.map { order.isNext($0, at: .now) } ?? false && parts.isNext(place.number, at: .now)
  }

  private func arrange() {
    countCombined()
    let changes = order.arrange(at: .now)
    for number in changes.displaced {
      if number == combined { displaceParts() } else { places[number]?.displace() }
    }
    for number in changes.raised { places[number]?.begin() }
    arrangeParts()
    timer?.cancel()
    timer = nextEnd.map { Timer(at: $0) { [weak self] in self?.arrange() } }
  }

  /// Notes whether the combined popup is there, off the screen, and root's.
  private func countCombined() {
    guard let number = combined else { return }
    if parts.isEmpty {
      order.leave(number)
      combined = nil
    } else {
      if parts.isClear, !order.isStanding(number) { order.giveBack(number) }
      order.count(number, asRoots: parts.hasRoots)
    }
  }

  private func displaceParts() {
    for number in parts.displaceAll() { partPlaces[number]?.displace() }
  }

  private func arrangeParts() {
    guard let combined, order.isStanding(combined) else { return }
    let changes = parts.arrange(at: .now)
    for number in changes.displaced { partPlaces[number]?.displace() }
    for number in changes.raised { partPlaces[number]?.begin() }
  }

  private var nextEnd: Deadline? {
    let ends = [order.nextEnd(after: .now), combined == nil ? nil : parts.nextEnd(after: .now)]
    return ends.compactMap { $0 }.min()
  }
}
