/// A boolean setting of a desktop, and the call on its session bus that returns it. All arguments are texts.
public struct DesktopSetting: Sendable, Equatable {
  /// The bus name that is called.
  public var destination = "org.freedesktop.Notifications"
  /// The object's path.
  public var path = "/org/freedesktop/Notifications"
  /// The interface's name.
  public var interface = "org.freedesktop.DBus.Properties"
  /// The method, which returns the setting, perhaps in a variant.
  public var method = "Get"
  /// The method's arguments.
  public var arguments: [String]

  /// Returns a property of the notification server.
  public static func property(_ name: String, of interface: String) -> DesktopSetting {
    DesktopSetting(arguments: [interface, name])
  }
}

/// "Do not disturb", true while popups are held back.
extension DesktopSetting {
  /// The setting of awesome.
  public static let awesomeSuspended = DesktopSetting(
    destination: "org.awesomewm.awful", path: "/", interface: "org.awesomewm.awful.Remote", method: "Eval",
    arguments: ["return require('naughty').is_suspended()"])
  /// The setting of dunst.
  public static let dunstPaused = property("paused", of: "org.dunstproject.cmd0")
  /// The setting of Plasma.
  public static let plasmaInhibited = property("Inhibited", of: "org.freedesktop.Notifications")
  /// The setting of swaync.
  public static let swayncDoNotDisturb = property("Dnd", of: "org.freedesktop.Notifications")
  /// Whether a program has told swaync to hold popups back; versions that have no such property answer with an error.
  public static let swayncInhibited = DesktopSetting(
    path: "/org/erikreider/swaync/cc", arguments: ["org.erikreider.swaync.cc", "Inhibited"])
  /// The setting of xfce4-notifyd, in xfconf.
  public static let xfceDoNotDisturb = DesktopSetting(
    destination: "org.xfce.Xfconf", path: "/org/xfce/Xfconf", interface: "org.xfce.Xfconf", method: "GetProperty",
    arguments: ["xfce4-notifyd", "/do-not-disturb"])
}
