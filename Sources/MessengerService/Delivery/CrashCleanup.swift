internal import GBus
internal import Logging
internal import MessengerContract

/// Closes the popups that a msgd left on desktops when it was killed. Few notification servers close popups when their
/// sender vanishes, and none closes by itself a popup that has to stay until it is answered.
@MainLoop
struct CrashCleanup {
  /// The notes of the popups.
  let ledger: PopupLedger
  /// The connections to the desktops.
  let desktops: DesktopPool
  /// How long each desktop may take.
  let timeout: Duration
  /// Receives a line for each popup that is closed.
  let logger: Logger

  private typealias Note = (entry: PopupLedger.Entry, popup: PopupRecord)

  /// A user and the address of a bus, which identify a connection. The bus's id would not do, because a bus's owner
  /// could give their bus the id of somebody else's.
  private struct Place: Hashable {
    let uid: UInt32
    let address: BusAddress

    init(_ note: Note) {
      uid = note.popup.user.uid
      address = note.popup.address
    }
  }

  /// Closes the popups on all desktops at once. Returns when each desktop has answered or taken too long.
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
