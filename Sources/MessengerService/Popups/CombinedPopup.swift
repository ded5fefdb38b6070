internal import GBus
internal import MessengerContract

/// The functions of a notification server that the combined popup needs.
@MainLoop
protocol CombinedPopupServer: AnyObject {
  /// The server's peculiarities.
  var quirks: NotificationServerQuirks { get }

  /// Raises the popup on the screen: see ``Notifier/show(_:by:settlingDelay:deadline:prepare:)``.
  func raise(
    _ content: PopupContent, by calls: NotifyCalls, deadline: Deadline, prepare: @MainLoop (Popup) -> Void
  ) async throws -> Popup

  /// Returns the error for a missing answer.
  func silence() async -> any Error
}

/// A popup that holds several messages, for a desktop that shows one popup at a time.
///
/// Each message has a ``Popup`` of its own, a part, with its own time and outcome. One further popup stands on the
/// server (``carrier``) and says what all of them say. It is brought up to date when a message joins, changes or ends,
/// and is closed with the last.
///
/// What the user does is about the messages that the carrier held then. It holds a message once the server has answered
/// the call of `Notify` that brought it, because an event that was on its way before is about what stood before.
@MainLoop
final class CombinedPopup {
  /// Where a message comes from.
  struct Origin {
    /// Its number in the order of sending.
    let number: UInt64
    /// Whether it is root's.
    let isRoot: Bool
    /// The `Notify` calls of the message.
    let calls: NotifyCalls
    /// A popup that is closed within this time was not seen.
    let settlingDelay: Duration
  }

  /// Whether further messages may join. After *Show all* they get another popup, because a window has taken this one's
  /// place.
  private(set) var isOpen = true

  private let server: any CombinedPopupServer
  /// The messages that have not ended.
  var parts: [CombinedPart] = []
  /// The popup on the server.
  var carrier: Popup?
  private var isRaising = false
  /// The messages that the carrier holds.
  var held: [CombinedPart] = []
  /// The messages in the last content that was sent, as they were then.
  private var latest: [CombinedPart.Snapshot] = []
  /// The messages in each content that was sent.
  var sent = Unconfirmed<[CombinedPart.Snapshot]>()
  /// The messages whose popups are to be closed.
  let departures = PartDepartures()
  private var update: (timer: Timer, at: Deadline)?
  private var updated = Deadline.now
  var isPassingOn = false
  /// The highest urgency that a carrier has had since there have been messages.
  private var urgency = Urgency.low
  /// How many windows were made.
  private var windows = 0

  /// How long the server may take to raise a carrier anew.
  private static let raiseTimeout: Duration = .seconds(5)
  /// How long the carrier stands before a changed text has it raised anew. More often, the changes of one message would
  /// keep those of others from being read and answered.
  private static let redrawDelay: Duration = .seconds(5)

  init(on server: any CombinedPopupServer) { self.server = server }

  /// Shows a message.
  ///
  /// - Parameters:
  ///   - content: what it says.
  ///   - origin: where it comes from.
  ///   - deadline: the time by which the server must have answered the call of `Notify` that brings it.
  /// - Returns: its popup; `nil` if this popup takes no more messages, and another one is to be tried.
  /// - Throws: `Failed`, with the reason; `BusError`.
  func show(_ content: PopupContent, _ origin: Origin, deadline: Deadline) async throws -> Popup? {
    guard isOpen else { return nil }
    let part = CombinedPart(content, origin)
    if parts.isEmpty { urgency = .low }
    parts.append(part)
    if carrier != nil { bringUpToDate() } else { raise(by: deadline) }
    do {
      return try await part.arrival(by: deadline)
    } catch BusError.timedOut {
      parts.removeAll { $0 === part }
      bringUpToDate()
      throw await server.silence()
    }
  }

  /// The messages that the carrier is to hold.
  private var staying: [CombinedPart] {
    parts.filter { !departures.contains($0) }
  }

  // MARK: Raising

  /// Raises a carrier with all messages that are to stand.
  private func raise(by deadline: Deadline) {
    let chosen = staying
    guard !isRaising, let first = chosen.first else { return }
    isRaising = true
    let snapshots = chosen.map(\.snapshot)
    latest = snapshots
    let calls = chosen.count == 1 ? first.origin.calls : NotifyCalls()
    let content = content(of: chosen)
    MainLoop.task {
      do {
        var hasBegun = false
        let popup = try await self.server.raise(content, by: calls, deadline: deadline) {
          hasBegun = true
          self.begin(with: $0, holding: snapshots)
        }
        if !hasBegun { self.keepBack(chosen, popup.outcome?.reason ?? "the desktop doesn't show the popup") }
      } catch {
        for part in chosen { self.fail(part, error) }
      }
      self.isRaising = false
      self.goOn()
    }
  }

  private func begin(with carrier: Popup, holding chosen: [CombinedPart.Snapshot]) {
    self.carrier = carrier
    carrier.observer = self
    carrier.onMoved = { [weak self] in self?.windowOpened() }
    updated = .now
    hold(chosen)
  }

  /// Ends the messages that the server accepted and doesn't show.
  private func keepBack(_ chosen: [CombinedPart], _ reason: String) {
    for part in chosen {
      if let popup = part.popup {
        popup.handle(.keptBack(reason))
      } else if !part.isGone {
        part.arrive(as: Popup(keptBack: part.content, reason: reason, host: self))
        parts.removeAll { $0 === part }
      }
    }
  }

  private func fail(_ part: CombinedPart, _ error: any Error) {
    if let popup = part.popup {
      popup.handle(.busBroke((error as? MessengerError)?.message ?? "\(error)"))
    } else {
      part.fail(error)
      parts.removeAll { $0 === part }
    }
  }

  /// Raises a carrier for those that have none, or brings it up to date if others have joined meanwhile.
  func goOn() {
    if carrier == nil {
      if isOpen { raise(by: .after(Self.raiseTimeout)) }
    } else if isBehind {
      bringUpToDate()
    }
  }

  /// Notes that the carrier holds some messages, and no others.
  func hold(_ chosen: [CombinedPart.Snapshot]) {
    guard let carrier else { return }
    held = chosen.map(\.part)
    for part in held where !part.isGone {
      if let popup = part.popup { popup.move(to: carrier.id) } else { part.arrive(as: popup(for: part, on: carrier)) }
    }
    for message in chosen { message.part.popup?.confirm(text: message.textVersion) }
    departures.finish { part in !held.contains { $0 === part } }
    // Their time began now, when the answer came, and not when the call was made.
    let staying = staying
    if !staying.isEmpty { carrier.stay(for: time(of: staying)) }
  }

  private func popup(for part: CombinedPart, on carrier: Popup) -> Popup {
    var quirks = server.quirks
    quirks.longestStay = nil  // the carrier is renewed
    return Popup(
      id: carrier.id, content: part.content, quirks: quirks, settlingDelay: part.origin.settlingDelay,
      delay: carrier.delay, host: self)
  }

  // MARK: Changes

  /// Whether the carrier was last told to hold other messages than it should.
  var isOutdated: Bool {
    let staying = staying
    return staying.count != latest.count || !zip(staying, latest).allSatisfy { $0 === $1.part }
  }

  /// Whether it was last told to hold other messages than it should, or some that have changed since.
  var isBehind: Bool { isOutdated || latest.contains { $0.version != $0.part.version } }

  /// Brings the carrier up to date, soon. It doesn't change more often than any popup.
  func bringUpToDate() {
    guard let carrier, isOpen, !carrier.isClosing, !isPassingOn else { return }
    guard !staying.isEmpty else { return carrier.handle(.withdrawn) }
    guard !isAboutToEnd(carrier) else { return change(carrier) }
    let isRedrawn = server.quirks.hidesChangedButtons && !isOutdated
    let next = max(.now, updated + (isRedrawn ? Self.redrawDelay : Popup.changeDelay))
    if let update, update.at <= next { return }
    stopUpdate()
    let timer = Timer(at: next) { [weak self] in
      self?.update = nil
      if let carrier = self?.carrier, !carrier.isClosing { self?.change(carrier) }
    }
    update = (timer, next)
  }

  func stopUpdate() {
    update?.timer.cancel()
    update = nil
  }

  /// Whether the server's own timer might end the carrier before the next change, although a message is to stay.
  private func isAboutToEnd(_ carrier: Popup) -> Bool {
    guard let rest = carrier.rest, rest < Popup.changeMargin else { return false }
    return time(of: staying).map { $0 > rest + Popup.changeMargin } ?? true
  }

  private func change(_ carrier: Popup) {
    let staying = staying
    guard !staying.isEmpty else { return carrier.handle(.withdrawn) }
    updated = .now
    if server.quirks.hidesChangedButtons {
      carrier.handle(.displaced)  // raised anew when it is off the screen
    } else {
      carrier.change(timeout: .some(time(of: staying))) { [weak self, carrier] in
        self?.nextContent(for: carrier) ?? carrier.content
      }
    }
  }

  private func nextContent(for carrier: Popup) -> PopupContent {
    updated = .now
    let chosen = staying
    latest = chosen.map(\.snapshot)
    sent.add(latest, of: carrier.revision)
    return content(of: chosen)
  }

  /// Returns what some messages say together. The highest urgency that a carrier had is kept, because a desktop may
  /// hide a popup whose urgency falls.
  private func content(of chosen: [CombinedPart]) -> PopupContent {
    var content = combined(chosen).content(atLeast: urgency)
    urgency = content.urgency
    content.timeout = time(of: chosen)
    return content
  }

  private func combined(_ chosen: [CombinedPart]) -> CombinedContent {
    let parts = chosen.map {
      CombinedContent.Part(content: $0.content, isRoot: $0.origin.isRoot, number: $0.origin.number)
    }
    return CombinedContent(parts, growing: server.quirks.growsWithText)
  }

  /// Returns the window with what some messages say now, which the popup may not say yet.
  func window(for chosen: [CombinedPart]) -> WholeText? {
    guard !chosen.isEmpty else { return nil }
    windows += 1
    return combined(chosen).window(id: windows)
  }

  /// The longest time that any of some messages is to stay; `nil` = until it is answered.
  private func time(of chosen: [CombinedPart]) -> Duration? {
    let times = chosen.map(\.rest)
    return times.contains(nil) ? nil : times.compactMap { $0 }.max()
  }

  // MARK: Ends

  /// Takes a message off the screen. `done` is called when the carrier no longer holds it, or at the deadline.
  func depart(_ part: CombinedPart, by deadline: Deadline, done: @escaping @MainLoop () -> Void) {
    departures.add(part, by: deadline, done: done)
    if let carrier, staying.isEmpty {
      carrier.handle(.withdrawn)
    } else if carrier == nil || !isOpen {
      departures.finish { $0 === part }
    } else {
      bringUpToDate()
    }
  }

  /// Lets a window take the carrier's place. Messages that the carrier doesn't hold yet get another popup.
  func makeRoomForWindow() {
    isOpen = false
    stopUpdate()
    carrier?.dropChange()
    let waiting = parts.filter { $0.popup == nil }
    parts.removeAll { $0.popup == nil }
    for part in waiting { part.arrive(as: nil) }
    departures.finish { _ in true }
  }
}
