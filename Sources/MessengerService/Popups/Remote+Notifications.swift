internal import GBus

extension Remote {
  /// The notification server of a session bus (Desktop Notifications, "D-Bus Protocol").
  static let notifications = Remote(
    destination: "org.freedesktop.Notifications", path: "/org/freedesktop/Notifications",
    interface: "org.freedesktop.Notifications")
}
