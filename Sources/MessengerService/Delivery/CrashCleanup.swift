internal import GBus
internal import Logging
internal import MessengerContract

/// Takes away what a msgd that was killed left on desktops: few notification servers do so when a sender vanishes, and
/// none ends a popup by itself that is to stay until it is answered.
@MainLoop
struct CrashCleanup {
  /// What was noted before.
  let ledger: PopupLedger
  /// The ways to the desktops.
  let desktops: DesktopPool
  /// How long each desktop may take.
  let timeout: Duration
  /// Where it is told what became of the messages.
  let logger: Logger

  private typealias Note = (entry: PopupLedger.Entry, popup: PopupRecord)

  /// Popups on one connection. Not the bus's id: who has a bus could give it somebody else's.
  private struct Place: Hashable {
    let uid: UInt32
    let address: BusAddress

    init(_ note: Note) {
      uid = note.popup.user.uid
      address = note.popup.address
    }
  }

  /// Closes the popups, all desktops at once; returns when each has answered or taken too long.
  func clear() async {
    let places = Dictionary(grouping: ledger.leftBehind, by: Place.init)
    await MainLoop.concurrently(Array(places.values)) { await clear($0) }
  }

  private func clear(_ left: [Note]) async {
    let deadline = Deadline.after(timeout)
    var failure = ""
    do {
      try await desktops.withDesktop(at: left[0].popup.address, of: left[0].popup.user, deadline: deadline) { desktop in
        for (_, popup) in left { await desktop.close(popup, deadline: deadline) }
      }
    } catch {
      failure = " (\((error as? MessengerError)?.message ?? "\(error)"))"
    }
    for (entry, popup) in left {
      logger.warning("message \(popup.message) to \(popup.user.name): taken back, for msgd had been killed\(failure)")
      ledger.strike(entry)
    }
  }
}
