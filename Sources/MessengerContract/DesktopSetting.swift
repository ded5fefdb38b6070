/// A boolean setting of a desktop's, and the call on its session bus that tells it: all arguments are texts.
public struct DesktopSetting: Sendable, Equatable {
  /// Who is called: a bus name.
  public var destination = "org.freedesktop.Notifications"
  /// The object.
  public var path = "/org/freedesktop/Notifications"
  /// The interface.
  public var interface = "org.freedesktop.DBus.Properties"
  /// The method, which answers with the setting, perhaps in a variant.
  public var method = "Get"
  /// What it is called with.
  public var arguments: [String]

  /// A property of the notification server's.
  public static func property(_ name: String, of interface: String) -> DesktopSetting {
    DesktopSetting(arguments: [interface, name])
  }
}

/// "Do not disturb", true while popups are kept back.
extension DesktopSetting {
  /// Of awesome.
  public static let awesomeSuspended = DesktopSetting(
    destination: "org.awesomewm.awful", path: "/", interface: "org.awesomewm.awful.Remote", method: "Eval",
    arguments: ["return require('naughty').is_suspended()"])
  /// Of dunst.
  public static let dunstPaused = property("paused", of: "org.dunstproject.cmd0")
  /// Of Plasma.
  public static let plasmaInhibited = property("Inhibited", of: "org.freedesktop.Notifications")
  /// Of swaync.
  public static let swayncDoNotDisturb = property("Dnd", of: "org.freedesktop.Notifications")
  /// Of xfce4-notifyd, in xfconf.
  public static let xfceDoNotDisturb = DesktopSetting(
    destination: "org.xfce.Xfconf", path: "/org/xfce/Xfconf", interface: "org.xfce.Xfconf", method: "GetProperty",
    arguments: ["xfce4-notifyd", "/do-not-disturb"])
}
