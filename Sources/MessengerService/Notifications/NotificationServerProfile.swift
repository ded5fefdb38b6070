internal import MessengerContract

/// What a notification server does otherwise than the specification has it, as far as a report would be untrue without
/// it.
///
/// A row is added only where it is needed, on evidence that the server itself gives; docs/DESKTOPS.md shows what was
/// measured.
struct NotificationServerProfile: Sendable, Equatable {
  /// How the server tells that it took a popup and keeps it back ("do not disturb"): by itself it says nothing of it.
  enum Quiet: Sendable, Equatable {
    /// A boolean to be read, true while it keeps popups back: all of them, or all but those of critical urgency.
    case setting(DesktopSetting, showsCritical: Bool)
    /// A popup that is replaced keeps its id only if it stands.
    case replacing
  }

  /// See ``Quiet``; `nil` where it keeps nothing back, says so, or can't be asked.
  var quiet: Quiet?
  /// Whether `GetCapabilities` may answer otherwise the next time. Elsewhere it is asked once.
  var changesCapabilities = false
  /// Whether popups of low urgency only go into a list.
  var listsLowUrgency = false
  /// Whether a popup that the user closes is closed with reason 1, expired.
  var expiresWhatUsersClose = false
  /// Whether popups expire up to a twentieth of their time too early.
  var expiresEarly = false
  /// Whether a popup that the user closes is closed with reason 0, which there is not.
  var givesUsersNoReason = false
  /// Whether the action "default" counts only with a label. Elsewhere it has none: see ``PopupContent``.
  var wantsDefaultLabelled = false
  /// How many popups stand where they are seen, on a screen of 1280 × 800; further ones go where nobody sees them: see
  /// ``PopupOrder``. `nil` where that is not known.
  var room: PopupOrder.Room?
  /// Whether a popup is as long as its text, however long: the screen's edge may cut off its buttons.
  var growsWithText = false
  /// Whether what it keeps back is shown later, even if it has been closed meanwhile: then it is not told at all.
  var keepsWhatIsClosed = false
  /// Whether popups are behind the screen lock, which the session tells logind of (`LockedHint`).
  var hidesWhileLocked = false
  /// The longest time that a popup is given, whatever its own is; every ``PopupContent/notifyArguments`` begins it
  /// anew.
  var longestStay: Duration?
  /// Whether `CloseNotification` leaves the popup on the screen until the popup's own time is over.
  var leavesClosedPopups = false

  /// What a server without a row does.
  static let standard = NotificationServerProfile()

  /// The profile of a server by the first two texts that `GetServerInformation` answers with.
  static func of(server name: String, vendor: String) -> NotificationServerProfile {
    rows["\(name)/\(vendor)"] ?? standard
  }

  private static let rows = [
    // While it is suspended, everything waits, and nothing that waits can be closed (4.3, naughty/core.lua, destroy).
    // `awesome-client` asks in the same way.
    "naughty/awesome": NotificationServerProfile(
      quiet: .setting(
        .awesomeSuspended, showsCritical: false),
      room: .init(lines: 55, frame: 4), growsWithText: true, keepsWhatIsClosed: true),
    // While it is paused, everything waits (dunst 1.9.0, queues.c, queues_notification_is_ready). What has no room is
    // below the screen.
    "dunst/knopwob": NotificationServerProfile(
      quiet: .setting(.dunstPaused, showsCritical: false),
      room: .init(lines: 38, frame: 2)),
    // Popups stand in a list, of which the newest are seen (1.2.0, notificationarea.cpp, setHeight). Their timers are
    // Qt's coarse ones (notification.cpp, NotificationTimer).
    "lxqt-notificationd/lxqt.org": NotificationServerProfile(
      expiresEarly: true, room: .init(lines: 52, frame: 9), growsWithText: true),
    // It shows five, and how many more there are (1.7.1, config.c, max_visible).
    "mako/emersion": NotificationServerProfile(room: .init(popups: 5)),
    // Do not disturb: it gives an id and returns, whatever the urgency (1.26.0, daemon.c,
    // notify_daemon_notify_handler). The setting is in dconf, which is no file of msgd's to read. While a window fills
    // the screen, a popup with a time is not shown, and it is closed when it is replaced
    // (_close_notification_not_shown). Its X destroys the window, which it takes for an expiry
    // (_notification_destroyed_cb). New popups push the others below the screen (stack.c).
    "Notification Daemon/MATE": NotificationServerProfile(
      quiet: .replacing, expiresWhatUsersClose: true, room: .init(lines: 46, frame: 6),
      growsWithText: true),
    // A bubble goes only with its own time or by a click, and stays when its notification is closed (3.20.0,
    // nd-bubble.c; nd-queue.c, _nd_queue_remove). The next is shown when it has gone (maybe_show_notification). GNOME
    // Flashback has the same code.
    "Notification Daemon/GNOME": NotificationServerProfile(
      room: .init(popups: 1), growsWithText: true, leavesClosedPopups: true),
    // Popups of low urgency are not shown (43.9, messageTray.js, showNotification), and of the others one
    // (_updateState). Its lock screen says how many there are, and not what; they pop up when it goes
    // (unlockDialog.js).
    "gnome-shell/GNOME": NotificationServerProfile(
      listsLowUrgency: true, room: .init(popups: 1), hidesWhileLocked: true),
    // Popups stand for 6 to 12 s (10.7, daemon/notifications/dbus.vala: MINIMUM_EXPIRY, MAXIMUM_EXPIRY). After the
    // newest has gone, the next may cover others (calculate_position).
    "Budgie Notification Server/Budgie Desktop Developers": NotificationServerProfile(
      room: .init(popups: 1), growsWithText: true, longestStay: .seconds(12)),
    // One popup is shown, and the next when it has gone (5.6, messageTray.js, _updateState). Its X gives no reason,
    // for the button itself comes in its place (closeButton, destroy).
    "cinnamon/GNOME": NotificationServerProfile(
      givesUsersNoReason: true, room: .init(popups: 1), growsWithText: true),
    // Inhibited: only critical ones pop up (plasma-workspace 5.27, libnotificationmanager). The lock screen covers
    // them. They fill a part of the screen, and further ones wait (NotificationPopups.qml).
    "Plasma/KDE": NotificationServerProfile(
      quiet: .setting(.plasmaInhibited, showsCritical: true),
      room: .init(lines: 34, frame: 7), hidesWhileLocked: true),
    // Do not disturb: only critical ones pop up (0.7.3, notiDaemon.vala, new_notification). It drops actions without a
    // label (notiModel.vala). Popups stand in a list of 600 lines, of which the newest are seen
    // (notificationWindow.vala, MAX_HEIGHT).
    "SwayNotificationCenter/ErikReider": NotificationServerProfile(
      quiet: .setting(.swayncDoNotDisturb, showsCritical: true),
      wantsDefaultLabelled: true, room: .init(lines: 33, frame: 7), growsWithText: true),
    // Do not disturb: only critical ones pop up (0.7.3, xfce-notify-daemon.c, notify_notify), and there are no actions
    // (notify_get_capabilities). The setting is in xfconf. Popups stand in columns; what has no room covers another one
    // (xfce_notify_daemon_window_size_allocate).
    "Xfce Notify Daemon/Xfce": NotificationServerProfile(
      quiet: .setting(
        .xfceDoNotDisturb, showsCritical: true), changesCapabilities: true,
      room: .init(lines: 130, frame: 8), growsWithText: true),
  ]
}
