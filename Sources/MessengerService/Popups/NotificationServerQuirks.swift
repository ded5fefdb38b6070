internal import MessengerContract

/// The deviations of a notification server from the specification that would make reports untrue if they were ignored.
///
/// A row is added only if it is necessary, on evidence that the server itself gives; docs/DESKTOPS.md shows the
/// measurements.
struct NotificationServerQuirks: Sendable, Equatable {
  /// How to find out that the server accepts popups and doesn't show them ("do not disturb"). It doesn't report that by
  /// itself.
  enum Quiet: Sendable, Equatable {
    /// Booleans to read. The server holds popups back while one is true: all of them, or all but critical ones.
    case settings([DesktopSetting], showsCritical: Bool)
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
  /// What becomes of the action "default".
  enum DefaultAction: Sendable, Equatable {
    /// A click on the popup. The action has no label: see ``PopupContent``.
    case click
    /// A click on the popup, if the action has a label.
    case labelledClick
    /// A further button, with or without a label.
    case button
  }

  /// See ``DefaultAction``.
  var defaultAction = DefaultAction.click
  /// Whether line breaks are shown as spaces. A line separator (U+2028) isn't.
  var joinsLines = false
  /// Whether the buttons of a popup are no longer seen once it has changed in its place.
  var hidesChangedButtons = false
  /// Whether the last line of a text is hidden if its font is taller than the usual one. An empty line below it gives
  /// it room.
  var cutsTallLines = false
  /// Whether the desktop entry makes the desktop wait for a program after an action: with a busy pointer, and without
  /// the keyboard focus that the user's window had. Such a server is not told the entry.
  var launchesDesktopEntry = false
  /// Whether it draws a bar for the hint `value`, below the text or behind it.
  var drawsProgress = false
  /// Whether a field for text may be missing from popups, though the server has the capability `inline-reply`.
  var mayLackField = false
  /// How many popups are visible at once on a screen of 1280 × 800. Further ones stand where nobody sees them: see
  /// ``PopupOrder``. `nil` if that is not known.
  var room: PopupOrder.Room?
  /// Whether a popup grows with its text without limit, so that the screen's edge may cut off its buttons.
  var growsWithText = false
  /// Whether popups that it holds back are shown later even if they have been closed meanwhile. Such popups are not
  /// sent to it at all.
  var keepsWhatIsClosed = false
  /// Who reports that the screen is locked, if its lock covers popups.
  enum Lock: Sendable, Equatable {
    /// The session, which reports it to logind (`LockedHint`).
    case session
    /// The screen saver on the session bus: see ``ScreenSavers``.
    case screenSaver
  }

  /// See ``Lock``; `nil` if nobody is known to report it, or popups are above the lock.
  var lock: Lock?
  /// Which popups the server may take and hide, though it doesn't tell and can't be asked.
  enum Hiding: Sendable, Equatable {
    /// Those of each urgency.
    case any
    /// Those of low and normal urgency.
    case anyButCritical
    /// Those of each urgency, in an X11 session.
    case anyOnX11
  }

  /// See ``Hiding``; `nil` if none are known to be hidden so.
  var hides: Hiding?
  /// The longest time for which a popup stands, whatever its own time is; every ``PopupContent/notifyArguments`` starts
  /// it anew.
  var longestStay: Duration?
  /// How long after it has taken a popup with a time it may still report that it doesn't show it.
  var closesUnseenWithin: Duration?
  /// Whether `CloseNotification` leaves the popup on the screen until the popup's own time is over.
  var leavesClosedPopups = false

  /// The profile of a server that has no row.
  static let standard = NotificationServerQuirks()

  /// Returns a server's profile, by the first three texts that `GetServerInformation` returns.
  static func of(server name: String, vendor: String, version: String) -> NotificationServerQuirks {
    rows["\(name)/\(vendor)"]?(NotificationServerVersion(version)) ?? standard
  }

  private static let rows: [String: @Sendable (NotificationServerVersion) -> NotificationServerQuirks] = [
    // While it is suspended, everything waits, and waiting popups can't be closed (4.3, naughty/core.lua, destroy).
    // `awesome-client` asks in the same way. A popup has no room for a last line of a taller font, which is then not
    // drawn at all (measured with Arabic letters).
    "naughty/awesome": { _ in
      NotificationServerQuirks(
        quiet: .settings([.awesomeSuspended], showsCritical: false), cutsTallLines: true,
        room: .init(lines: 55, frame: 4), growsWithText: true, keepsWhatIsClosed: true)
    },
    // While it is paused, everything waits (dunst 1.9.0, queues.c, queues_notification_is_ready). Popups without room
    // are below the screen.
    "dunst/knopwob": { _ in
      NotificationServerQuirks(
        quiet: .settings([.dunstPaused], showsCritical: false), drawsProgress: true,
        room: .init(lines: 38, frame: 2))
    },
    // Popups stand in a list, of which the newest are visible (1.2.0, notificationarea.cpp, setHeight). Their timers
    // are Qt's coarse ones (notification.cpp, NotificationTimer). Do not disturb is in a file of the user's
    // (notificationlayout.cpp, addNotification).
    "lxqt-notificationd/lxqt.org": { _ in
      NotificationServerQuirks(
        expiresEarly: true, room: .init(lines: 52, frame: 9), growsWithText: true, hides: .any)
    },
    // It shows five popups, and the number of further ones (1.7.1, config.c, max_visible). What a mode does is in the
    // user's configuration, and so is whether popups are above a window that fills the screen (config.c, layer).
    "mako/emersion": { _ in
      NotificationServerQuirks(drawsProgress: true, room: .init(popups: 5), hides: .any)
    },
    // Do not disturb: it returns an id and shows nothing, whatever the urgency (1.26.0, daemon.c,
    // notify_daemon_notify_handler). The setting is in dconf, which msgd must not read. While a window fills the
    // screen, a popup with a timeout is not shown, and it is closed when the server has nothing else to do
    // (_close_notification_not_shown): after 17 ms on a busy machine (measured). Its X button destroys the window,
    // which the server takes for an expiry (_notification_destroyed_cb). New popups push the others below the screen
    // (stack.c). It asks the screen saver at a path that doesn't exist (screensaver_active).
    "Notification Daemon/MATE": { _ in
      NotificationServerQuirks(
        quiet: .replacing, expiresWhatUsersClose: true, room: .init(lines: 46, frame: 6),
        growsWithText: true, lock: .screenSaver, closesUnseenWithin: .milliseconds(100))
    },
    // A bubble disappears only after its own time or by a click, and stays when its notification is closed (3.20.0,
    // nd-bubble.c; nd-queue.c, _nd_queue_remove). The next one is shown afterwards (maybe_show_notification). GNOME
    // Flashback has the same code.
    "Notification Daemon/GNOME": { _ in
      NotificationServerQuirks(
        room: .init(popups: 1), growsWithText: true, leavesClosedPopups: true)
    },
    // Popups of low urgency are not shown (43.9, messageTray.js, showNotification). Others are shown one at a time
    // (_updateState). The lock screen shows how many there are, but not what they say; they pop up when it is unlocked
    // (unlockDialog.js). Since 46 line breaks are spaces (messageList.js, set body). An action makes an activation
    // token for the program of the desktop entry, and nothing ends the launch that this begins; in 50.5 and since 51.rc
    // it has no program (notificationDaemon.js, _emitActivationToken). A source keeps ten notifications, before 48
    // three (messageTray.js, addNotification); msgd has one at a time. Do not disturb and a window that fills the
    // screen let only critical popups through (_updateState). Before 46 a change takes the buttons away and adds them
    // anew where nobody sees them (43.9, messageTray.js, NotificationBanner, _onUpdated).
    "gnome-shell/GNOME": { version in
      NotificationServerQuirks(
        listsLowUrgency: true, joinsLines: version >= "46", hidesChangedButtons: version < "46",
        launchesDesktopEntry: version < "50.5" || version >= "51.alpha" && version < "51.rc",
        room: .init(popups: 1), growsWithText: version >= "46", lock: .session, hides: .anyButCritical)
    },
    // Popups stand for 6 to 12 s (10.7, daemon/notifications/dbus.vala: MINIMUM_EXPIRY, MAXIMUM_EXPIRY). After the
    // newest has gone, the next may cover others (calculate_position). Some popups stay transparent: of those of
    // notify-send, two of forty (10.9, measured).
    "Budgie Notification Server/Budgie Desktop Developers": { _ in
      NotificationServerQuirks(
        room: .init(popups: 1), growsWithText: true, lock: .screenSaver, hides: .any,
        longestStay: .seconds(12))
    },
    // One popup is shown, and the next when it has gone (5.6, messageTray.js, _updateState). Its X button reports no
    // reason, because the button object itself is passed in place of one (closeButton, destroy). Do not disturb and a
    // window that fills the screen hide popups (_updateState, _showNotification).
    "cinnamon/GNOME": { _ in
      NotificationServerQuirks(
        givesUsersNoReason: true, room: .init(popups: 1), growsWithText: true, lock: .screenSaver, hides: .any)
    },
    // The newest are at the top, and those without room below the screen (1.8, notification.c, notif_mgr_refresh).
    // A window that fills the screen covers them (config.c, layer).
    "fnott/dnkl": { _ in
      NotificationServerQuirks(
        drawsProgress: true, room: .init(lines: 35, frame: 4), growsWithText: true, hides: .any)
    },
    // A new popup takes the place of the one that stands. One that arrives while the screen is locked or the panel
    // unfolded is only in the list (0.46, shell.c, on_new_notification), and so is each if the user has banners off
    // (notify-manager.c, phosh_notify_manager_get_show_notification_banner).
    "Phosh Notify Daemon/Phosh": { _ in
      NotificationServerQuirks(room: .init(popups: 1), growsWithText: true, lock: .session, hides: .any)
    },
    // Three popups are visible, of one program two unless there is room (1.5, app.rs, max_notifications and
    // max_per_app), and none while it is set to do not disturb (push_notification); not measured.
    "cosmic-notifications/System76": { _ in
      NotificationServerQuirks(room: .init(popups: 2), hides: .any)
    },
    // Inhibited: only critical popups appear (plasma-workspace 5.27, libnotificationmanager). The lock screen covers
    // them. They fill a part of the screen, and further ones wait. On a busy machine the fourth may be measured before
    // it has its size, and hidden for good (6.3, Globals.qml, positionPopups), so three stand at a time.
    "Plasma/KDE": { _ in
      NotificationServerQuirks(
        quiet: .settings([.plasmaInhibited], showsCritical: true),
        room: .init(lines: 27, frame: 7), lock: .session)
    },
    // Do not disturb, or a program inhibits popups (0.11): only critical popups appear (0.7.3, notiDaemon.vala,
    // new_notification). Fields for text are shown only if the user's configuration says so, which nobody can ask for
    // (0.11, notification.vala, set_inline_reply); it then drops the action. Before 0.10 it drops actions without a
    // label (notiModel.vala). Popups stand in a list of 600 lines, of which the newest are visible
    // (notificationWindow.vala, MAX_HEIGHT).
    "SwayNotificationCenter/ErikReider": { version in
      NotificationServerQuirks(
        quiet: .settings([.swayncDoNotDisturb, .swayncInhibited], showsCritical: true),
        defaultAction: version < "0.10" ? .labelledClick : .click, drawsProgress: true, mayLackField: true,
        room: .init(lines: 33, frame: 7), growsWithText: true)
    },
    // Do not disturb: only critical popups appear (0.7.3, xfce-notify-daemon.c, notify_notify), and before 0.9 there
    // are no actions then (notify_get_capabilities). The setting is in xfconf. Since 0.8.2 the default action is a
    // button (xfce-notify-window.c, xfce_notify_window_set_actions). Popups stand in columns. A popup without room
    // covers another one (xfce_notify_daemon_window_size_allocate). Since 0.8.1 some window managers put a window that
    // fills the screen above them (common/xfce-notify-common.h). With the hint `value` it shows a bar alone, without
    // text and buttons (xfce-notify-window.c, xfce_notify_window_set_gauge_value).
    "Xfce Notify Daemon/Xfce": { version in
      NotificationServerQuirks(
        quiet: .settings([.xfceDoNotDisturb], showsCritical: true), changesCapabilities: version < "0.9",
        defaultAction: version < "0.8.2" ? .click : .button,
        room: .init(lines: 130, frame: 8), growsWithText: true, lock: .screenSaver,
        hides: version < "0.8.1" ? nil : .anyOnX11)
    },
  ]
}
