internal import GBus

/// The popups that stand on a session bus, by the ids that its notification server gave them, and the events that come
/// before their popups are here.
@MainLoop
final class PopupTable {
  /// What is kept of such events: the newest, for a server that floods or tells of the popups of others.
  private static let mostEarly = 64

  private var popups: [UInt32: Popup] = [:]
  private var detached: [Popup] = []
  private var given: Set<UInt32> = []
  private var early: [(id: UInt32, event: PopupVerdict.Event)] = []
  private var expected = 0

  nonisolated init() {}

  /// Whether popups are on their way.
  var isExpecting: Bool { expected > 0 }

  /// A popup is on its way: events for unknown ids are kept until ``settle()``.
  func expect() { expected += 1 }

  /// The server gave an id. From now on its events count, for the popup that is about to be added.
  func give(_ id: UInt32) { given.insert(id) }

  /// A popup has arrived, or never will. Events that are still kept when no other is expected are nobody's: the ids of
  /// a later server may be the same again.
  func settle() {
    expected -= 1
    if expected == 0 { forgetEarly() }
  }

  /// Enters a popup, and hands it what came before.
  ///
  /// - Returns: whether its id was free. A server that gives one twice can't say which of two popups it speaks of: it
  ///   speaks of the first.
  func add(_ popup: Popup) -> Bool {
    guard popups[popup.id] == nil else { return false }
    popups[popup.id] = popup
    given.remove(popup.id)
    for (id, event) in early where id == popup.id { popup.handle(event) }
    early.removeAll { $0.id == popup.id }
    return true
  }

  /// Takes a popup out that has ended.
  func remove(_ popup: Popup) {
    if popups[popup.id] === popup { popups[popup.id] = nil }
    detached.removeAll { $0 === popup }
  }

  /// Frees the id of a popup whose bubble is gone, while its fate isn't decided.
  func detach(_ popup: Popup) {
    remove(popup)
    detached.append(popup)
  }

  /// Hands an event to the popup that it is for.
  func dispatch(_ event: PopupVerdict.Event, to id: UInt32) {
    if let popup = popups[id] {
      popup.handle(event)
    } else if mayCome(event, for: id) {
      if early.count == Self.mostEarly { early.removeFirst() }
      early.append((id, event))
    }
  }

  /// Hands an event to all popups, after which nothing that came before counts.
  func end(_ event: PopupVerdict.Event) {
    for popup in Array(popups.values) + detached { popup.handle(event) }
    forgetEarly()
  }

  /// Servers may close a popup before they answer `Notify` (Budgie); nobody can have answered it then.
  private func mayCome(_ event: PopupVerdict.Event, for id: UInt32) -> Bool {
    if case .closed = event { isExpecting } else { given.contains(id) }
  }

  private func forgetEarly() {
    early = []
    given = []
  }
}
