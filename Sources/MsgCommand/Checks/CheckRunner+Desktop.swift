import Glibc
import MessengerClient
import MessengerContract

/// The check of the desktop.
extension CheckRunner {
  /// Gathers the facts on the caller's session bus.
  func desktop(of session: SessionCheck) -> NotificationsCheck {
    var check = NotificationsCheck(
      isOverNetwork: variable("SSH_CONNECTION") != nil, isSudo: variable("SUDO_UID") != nil)
    if let host {
      check.omission = .otherMachine(host.description)
    } else if !hasDesktop(session) {
      check.omission = .noDesktop
    }
    guard check.omission == nil else { return check }
    check.address = sessionBusAddress
    do {
      try ask(on: try BusInquiry(address: check.address), for: &check)
    } catch {
      check.failure = error
    }
    return check
  }

  /// Whether the caller has a desktop. If msgd can't say, the environment decides.
  private func hasDesktop(_ session: SessionCheck) -> Bool {
    if session.sessions?.success != nil { return !session.reached.isEmpty }
    return variable("SSH_CONNECTION") == nil
      && ["DISPLAY", "WAYLAND_DISPLAY"].contains { variable($0) != nil }
  }

  private var sessionBusAddress: String {
    if let address = variable("DBUS_SESSION_BUS_ADDRESS"), !address.isEmpty { return address }
    return "unix:path=\(variable("XDG_RUNTIME_DIR") ?? "/run/user/\(geteuid())")/bus"
  }

  private func ask(on bus: BusInquiry, for check: inout NotificationsCheck) throws(BusError) {
    let name = "org.freedesktop.Notifications"
    if try !bus.isOwned(name), try !bus.activatableNames().contains(name) {
      check.isThere = false
      return
    }
    check.server = answer(bus.notificationServer)
    guard let server = check.server?.success else { return }
    check.capabilities = try bus.notificationCapabilities()
    check.isQuiet =
      (Self.quietness[server.name] ?? []).contains { setting in
        answer { () throws(BusError) in try bus.isOn(setting) }.success == true
      }
  }

  /// The settings by which servers say that "do not disturb" is on, by the servers' names. awesome is missing, because
  /// its answer is not a variant: ``BusInquiry/isOn(_:)``.
  private static let quietness: [String: [DesktopSetting]] = [
    "Plasma": [.plasmaInhibited], "SwayNotificationCenter": [.swayncDoNotDisturb, .swayncInhibited],
    "Xfce Notify Daemon": [.xfceDoNotDisturb], "dunst": [.dunstPaused],
  ]
}
