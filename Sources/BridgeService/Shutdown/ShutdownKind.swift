/// The way in which the machine goes down. Raw values are logind's words (org.freedesktop.login1(5),
/// `ScheduleShutdown`).
enum ShutdownKind: String, Sendable {
  case halt
  case kexec
  case poweroff
  case reboot
  case softReboot = "soft-reboot"

  /// Whether the machine comes back by itself.
  var isRestart: Bool {
    switch self {
    case .kexec, .reboot, .softReboot: true
    case .halt, .poweroff: false
    }
  }
}
