internal import GBus

/// The popups of a message, and their waits for a turn, which hear of its end and of its changes.
@MainLoop
struct PopupListeners {
  /// Called when the popups of some sessions must end.
  private struct End {
    let sessions: Set<String>
    let call: @MainLoop (PopupVerdict.Event) -> Void
  }

  /// Called when the popups in some sessions must say something else.
  private struct Change {
    let sessions: Set<String>
    let call: @MainLoop (_ restartsTime: Bool) -> Void
  }

  private var ends: [End] = []
  private var changes: [Change] = []
  /// The indices of the ends by session, because a message may go to thousands of sessions.
  private var endsOfSession: [String: [Int]] = [:]

  nonisolated init() {}

  /// Adds one that must end with the message or with all of some sessions.
  mutating func onEnd(of sessions: Set<String>, _ call: @escaping @MainLoop (PopupVerdict.Event) -> Void) {
    for session in sessions { endsOfSession[session, default: []].append(ends.count) }
    ends.append(End(sessions: sessions, call: call))
  }

  /// Adds one that must change with the message.
  mutating func onChange(in sessions: Set<String>, _ call: @escaping @MainLoop (_ restartsTime: Bool) -> Void) {
    changes.append(Change(sessions: sessions, call: call))
  }

  /// Ends all.
  func end(_ event: PopupVerdict.Event) {
    for end in ends { end.call(event) }
  }

  /// Ends those that have no session left, now that one has ended.
  func end(desertedBy session: String, where isDeserted: (Set<String>) -> Bool) {
    for index in endsOfSession[session] ?? [] where isDeserted(ends[index].sessions) {
      ends[index].call(.sessionsEnded)
    }
  }

  /// Changes all.
  func change(restartsTime: Bool) {
    for change in changes { change.call(restartsTime) }
  }

  /// Keeps those for whose sessions a condition holds.
  mutating func keep(where isKept: (Set<String>) -> Bool) {
    changes.removeAll { !isKept($0.sessions) }
    ends.removeAll { !isKept($0.sessions) }
    endsOfSession = [:]
    for (index, end) in ends.enumerated() {
      for session in end.sessions { endsOfSession[session, default: []].append(index) }
    }
  }
}
