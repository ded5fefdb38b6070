internal import GBus

/// The popups that stand on a session bus, by the ids that its notification server gave them, and the events that
/// arrive before their popups do.
@MainLoop
final class PopupTable {
  /// How many early events are kept. The newest are, in case a server sends floods or signals about others' popups.
  private static let mostEarly = 64

  private var popups: [UInt32: Popup] = [:]
  private var detached: [Popup] = []
  private var given: Set<UInt32> = []
  private var early: [(id: UInt32, event: PopupVerdict.Event)] = []
  private var expected = 0

  nonisolated init() {}

  /// Whether any popup is being raised.
  var isExpecting: Bool { expected > 0 }

  /// Notes that a popup is being raised. Events for unknown ids are kept until ``settle()``.
  func expect() { expected += 1 }

  /// Notes an id that the server gave. From now on, events with this id are kept for the popup that is about to be
  /// added.
  func give(_ id: UInt32) { given.insert(id) }

  /// Notes that a popup has arrived, or never will. When no other is expected, the early events are dropped, because a
  /// later server may use the same ids.
  func settle() {
    expected -= 1
    if expected == 0 { forgetEarly() }
  }

  /// Adds a popup, and passes on its early events.
  ///
  /// - Parameters:
  ///   - popup: the popup.
  ///   - prepare: called before, unless the id is taken.
  /// - Returns: whether its id was free. If a server gives an id twice, its signals are taken to mean the first popup.
  func add(_ popup: Popup, first prepare: @MainLoop (Popup) -> Void = { _ in }) -> Bool {
    guard popups[popup.id] == nil else { return false }
    popups[popup.id] = popup
    prepare(popup)
    given.remove(popup.id)
    // However busy the machine is, they came before it stood.
    for (id, event) in early where id == popup.id { popup.handle(event, age: .zero) }
    early.removeAll { $0.id == popup.id }
    return true
  }

  /// Removes a popup that has ended.
  func remove(_ popup: Popup) {
    if popups[popup.id] === popup { popups[popup.id] = nil }
    detached.removeAll { $0 === popup }
  }

  /// Frees the id of a popup whose bubble is gone but whose outcome isn't decided.
  func detach(_ popup: Popup) {
    remove(popup)
    detached.append(popup)
  }

  /// Passes an event to the popup that it is for.
  func dispatch(_ event: PopupVerdict.Event, to id: UInt32) {
    if let popup = popups[id] {
      popup.handle(event)
    } else if mayCome(event, for: id) {
      if early.count == Self.mostEarly { early.removeFirst() }
      early.append((id, event))
    }
  }

  /// Passes an event to all popups, and drops the early events.
  func end(_ event: PopupVerdict.Event) {
    for popup in Array(popups.values) + detached { popup.handle(event) }
    forgetEarly()
  }

  /// Whether an early event may be valid. Servers may close a popup before they answer `Notify` (Budgie), but nobody
  /// can have answered the popup by then.
  private func mayCome(_ event: PopupVerdict.Event, for id: UInt32) -> Bool {
    if case .closed = event { isExpecting } else { given.contains(id) }
  }

  private func forgetEarly() {
    early = []
    given = []
  }
}
