internal import MessengerContract

/// The deviations of a notification server from the specification that would make reports untrue if they were ignored.
///
/// A row is added only if it is necessary, on evidence that the server itself gives; docs/DESKTOPS.md shows the
/// measurements.
struct NotificationServerQuirks: Sendable, Equatable {
  /// How to find out that the server accepts popups and doesn't show them ("do not disturb"). It doesn't report that by
  /// itself.
  enum Quiet: Sendable, Equatable {
    /// A boolean to read, which is true while the server holds popups back: all of them, or all but critical ones.
    case setting(DesktopSetting, showsCritical: Bool)
    /// A replaced popup keeps its id only if it stands.
    case replacing
  }

  /// See ``Quiet``; `nil` if the server holds nothing back, reports it, or can't be asked.
  var quiet: Quiet?
  /// Whether `GetCapabilities` may return something else the next time. Other servers are asked once.
  var changesCapabilities = false
  /// Whether popups of low urgency are only listed, not shown.
  var listsLowUrgency = false
  /// Whether the server reports reason 1 (expired) when the user closes a popup.
  var expiresWhatUsersClose = false
  /// Whether popups expire too early, by up to a twentieth of their time.
  var expiresEarly = false
  /// Whether the server reports reason 0, which doesn't exist, when the user closes a popup.
  var givesUsersNoReason = false
  /// Whether the action "default" works only with a label. For other servers it has none: see ``PopupContent``.
  var wantsDefaultLabelled = false
  /// How many popups are visible at once on a screen of 1280 × 800. Further ones stand where nobody sees them: see
  /// ``PopupOrder``. `nil` if that is not known.
  var room: PopupOrder.Room?
  /// Whether a popup grows with its text without limit, so that the screen's edge may cut off its buttons.
  var growsWithText = false
  /// Whether popups that it holds back are shown later even if they have been closed meanwhile. Such popups are not
  /// sent to it at all.
  var keepsWhatIsClosed = false
  /// Whether popups are behind the screen lock, which the session reports to logind (`LockedHint`).
  var hidesWhileLocked = false
  /// The longest time for which a popup stands, whatever its own time is; every ``PopupContent/notifyArguments`` starts
  /// it anew.
  var longestStay: Duration?
  /// Whether `CloseNotification` leaves the popup on the screen until the popup's own time is over.
  var leavesClosedPopups = false

  /// The profile of a server that has no row.
  static let standard = NotificationServerQuirks()

  /// Returns a server's profile, by the first two texts that `GetServerInformation` returns.
  static func of(server name: String, vendor: String) -> NotificationServerQuirks {
    rows["\(name)/\(vendor)"] ?? standard
  }

  private static let rows = [
    // While it is suspended, everything waits, and waiting popups can't be closed (4.3, naughty/core.lua, destroy).
    // `awesome-client` asks in the same way.
    "naughty/awesome": NotificationServerQuirks(
      quiet: .setting(
        .awesomeSuspended, showsCritical: false),
      room: .init(lines: 55, frame: 4), growsWithText: true, keepsWhatIsClosed: true),
    // While it is paused, everything waits (dunst 1.9.0, queues.c, queues_notification_is_ready). Popups without room
    // are below the screen.
    "dunst/knopwob": NotificationServerQuirks(
      quiet: .setting(.dunstPaused, showsCritical: false),
      room: .init(lines: 38, frame: 2)),
    // Popups stand in a list, of which the newest are visible (1.2.0, notificationarea.cpp, setHeight). Their timers
    // are Qt's coarse ones (notification.cpp, NotificationTimer).
    "lxqt-notificationd/lxqt.org": NotificationServerQuirks(
      expiresEarly: true, room: .init(lines: 52, frame: 9), growsWithText: true),
    // It shows five popups, and the number of further ones (1.7.1, config.c, max_visible).
    "mako/emersion": NotificationServerQuirks(room: .init(popups: 5)),
    // Do not disturb: it returns an id and shows nothing, whatever the urgency (1.26.0, daemon.c,
    // notify_daemon_notify_handler). The setting is in dconf, which msgd must not read. While a window fills the
    // screen, a popup with a timeout is not shown, and it is closed when it is replaced
    // (_close_notification_not_shown). Its X button destroys the window, which the server takes for an expiry
    // (_notification_destroyed_cb). New popups push the others below the screen (stack.c).
    "Notification Daemon/MATE": NotificationServerQuirks(
      quiet: .replacing, expiresWhatUsersClose: true, room: .init(lines: 46, frame: 6),
      growsWithText: true),
    // A bubble disappears only after its own time or by a click, and stays when its notification is closed (3.20.0,
    // nd-bubble.c; nd-queue.c, _nd_queue_remove). The next one is shown afterwards (maybe_show_notification). GNOME
    // Flashback has the same code.
    "Notification Daemon/GNOME": NotificationServerQuirks(
      room: .init(popups: 1), growsWithText: true, leavesClosedPopups: true),
    // Popups of low urgency are not shown (43.9, messageTray.js, showNotification). Others are shown one at a time
    // (_updateState). The lock screen shows how many there are, but not what they say; they pop up when it is unlocked
    // (unlockDialog.js).
    "gnome-shell/GNOME": NotificationServerQuirks(
      listsLowUrgency: true, room: .init(popups: 1), hidesWhileLocked: true),
    // Popups stand for 6 to 12 s (10.7, daemon/notifications/dbus.vala: MINIMUM_EXPIRY, MAXIMUM_EXPIRY). After the
    // newest has gone, the next may cover others (calculate_position).
    "Budgie Notification Server/Budgie Desktop Developers": NotificationServerQuirks(
      room: .init(popups: 1), growsWithText: true, longestStay: .seconds(12)),
    // One popup is shown, and the next when it has gone (5.6, messageTray.js, _updateState). Its X button reports no
    // reason, because the button object itself is passed in place of one (closeButton, destroy).
    "cinnamon/GNOME": NotificationServerQuirks(
      givesUsersNoReason: true, room: .init(popups: 1), growsWithText: true),
    // Inhibited: only critical popups appear (plasma-workspace 5.27, libnotificationmanager). The lock screen covers
    // them. They fill a part of the screen, and further ones wait (NotificationPopups.qml).
    "Plasma/KDE": NotificationServerQuirks(
      quiet: .setting(.plasmaInhibited, showsCritical: true),
      room: .init(lines: 34, frame: 7), hidesWhileLocked: true),
    // Do not disturb: only critical popups appear (0.7.3, notiDaemon.vala, new_notification). It drops actions without
    // a label (notiModel.vala). Popups stand in a list of 600 lines, of which the newest are visible
    // (notificationWindow.vala, MAX_HEIGHT).
    "SwayNotificationCenter/ErikReider": NotificationServerQuirks(
      quiet: .setting(.swayncDoNotDisturb, showsCritical: true),
      wantsDefaultLabelled: true, room: .init(lines: 33, frame: 7), growsWithText: true),
    // Do not disturb: only critical popups appear (0.7.3, xfce-notify-daemon.c, notify_notify), and there are no
    // actions (notify_get_capabilities). The setting is in xfconf. Popups stand in columns. A popup without room covers
    // another one (xfce_notify_daemon_window_size_allocate).
    "Xfce Notify Daemon/Xfce": NotificationServerQuirks(
      quiet: .setting(
        .xfceDoNotDisturb, showsCritical: true), changesCapabilities: true,
      room: .init(lines: 130, frame: 8), growsWithText: true),
  ]
}
