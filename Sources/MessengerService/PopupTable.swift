internal import GBus

/// The popups that stand on a session bus, by the ids that its notification server gave them, and the events that come before
/// it is known whose they are: servers may send signals before they answer `Notify`.
@MainLoop
final class PopupTable {
  /// What is kept of events for ids that are not known yet, for a server that floods.
  private static let mostEarly = 64

  private var popups: [UInt32: Popup] = [:]
  private var early: [(id: UInt32, event: PopupVerdict.Event)] = []
  private var expected = 0

  nonisolated init() {}

  /// Whether popups are on their way.
  var isExpecting: Bool { expected > 0 }

  /// A popup is on its way: events for unknown ids are kept until ``settle()``.
  func expect() { expected += 1 }

  /// A popup has arrived, or never will. Events that are still kept when no other is expected are nobody's: the ids of a later
  /// server may be the same again.
  func settle() {
    expected -= 1
    if expected == 0 { early = [] }
  }

  /// Enters a popup, and hands it what came before.
  func add(_ popup: Popup) {
    // A server that gives an id twice has forgotten the popup that had it.
    popups[popup.id]?.handle(.closed(4))
    popups[popup.id] = popup
    for (id, event) in early where id == popup.id { popup.handle(event) }
    early.removeAll { $0.id == popup.id }
  }

  /// Takes a popup out that has ended.
  func remove(_ popup: Popup) {
    if popups[popup.id] === popup { popups[popup.id] = nil }
  }

  /// Hands an event to the popup that it is for.
  func dispatch(_ event: PopupVerdict.Event, to id: UInt32) {
    if let popup = popups[id] {
      popup.handle(event)
    } else if isExpecting, early.count < Self.mostEarly {
      early.append((id, event))
    }
  }

  /// Hands an event to all popups, after which nothing that came before counts.
  func end(_ event: PopupVerdict.Event) {
    for popup in popups.values { popup.handle(event) }
    early = []
  }
}
