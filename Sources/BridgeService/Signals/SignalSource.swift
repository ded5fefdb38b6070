internal import GBus

/// The signals that are passed on.
enum SignalSource: Sendable, CaseIterable {
  /// Those of earlyoom, nohang and scripts, for which systembus-notify was made.
  case systemNotifications
  /// Those of programs made for KDE, which Plasma takes if it is configured to.
  case broadcastNotifications

  /// The interface of the signals; the signal is `Notify` in both. Senders choose the path.
  var interface: String {
    switch self {
    case .systemNotifications: "net.nuetzlich.SystemNotifications"
    case .broadcastNotifications: "org.kde.BroadcastNotifications"
    }
  }

  /// Reads a signal; `nil` if it has other arguments.
  func read(_ arguments: [Value]) -> BroadcastSignal? {
    switch self {
    case .systemNotifications: BroadcastSignal(systemNotification: arguments)
    case .broadcastNotifications: BroadcastSignal(broadcast: arguments)
    }
  }
}
