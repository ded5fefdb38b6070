internal import GBus
internal import MessengerContract
internal import MessengerProxy

/// A signal on the system bus with which a program speaks to every desktop, in one of two forms.
struct BroadcastSignal: Sendable, Equatable {
  /// What it says first.
  var summary: String
  /// What it says then; may be empty.
  var body: String
  /// The name of an icon; empty for none.
  var icon = ""
  /// How long it should be shown, in milliseconds: 0 = until it is closed; `nil` if the program leaves it open.
  var timeout: UInt32?
  /// The users whom it is for; `nil` for everyone.
  var uids: [UInt32]?

  /// The most users to whom a signal may be addressed.
  static let mostUsers = 64
}

extension BroadcastSignal {
  /// Reads the arguments of `net.nuetzlich.SystemNotifications.Notify`: the summary, then perhaps the body, the
  /// program's name, the id of a notification that it replaces, the icon and the time in milliseconds
  /// (systembus-notify's `testmessage.sh`). earlyoom sends the first two.
  init?(systemNotification arguments: [Value]) {
    guard let summary = arguments.first?.string else { return nil }
    func text(_ index: Int) -> String { arguments.indices.contains(index) ? arguments[index].string ?? "" : "" }
    self.init(summary: summary, body: text(1), icon: text(4))
    timeout = arguments.indices.contains(5) ? Self.timeout(arguments[5]) : nil
  }

  /// Reads the argument of `org.kde.BroadcastNotifications.Notify`, a dictionary (`onBroadcastNotification` in
  /// plasma-workspace's `server_p.cpp`). The uids are texts, and none means everyone.
  init?(broadcast arguments: [Value]) {
    guard let properties = arguments.first?.dictionary else { return nil }
    func text(_ key: String) -> String { properties[key]?.string ?? "" }
    self.init(summary: text("summary"), body: text("body"), icon: text("appIcon"))
    timeout = properties["timeout"].flatMap(Self.timeout)
    guard let texts = properties["uids"]?.strings, !texts.isEmpty else { return }
    uids = texts.prefix(Self.mostUsers).compactMap { UInt32($0) }
  }

  private static func timeout(_ value: Value) -> UInt32? {
    switch value {
    case .int32(let milliseconds): UInt32(exactly: milliseconds)
    case .uint32(let milliseconds): milliseconds
    default: nil
    }
  }
}

extension BroadcastSignal {
  /// Makes a message that says the same. What is too long is cut, because the program can't be told.
  ///
  /// - Parameter recipients: for whom it is.
  /// - Returns: the message; `nil` if nothing is said.
  func message(to recipients: [String]) -> DesktopMessage? {
    let texts = [summary, body].filter { text in text.contains { !$0.isWhitespace } }
    guard let last = texts.last else { return nil }
    var options = SendOptions()
    if texts.count == 2 { options.title = summary.cut(to: 256) }
    if Self.isIconName(icon) { options.icon = icon }
    options.timeout = timeout.map { $0 == 0 ? 0 : ($0 - 1) / 1000 + 1 }
    return DesktopMessage(
      recipients: recipients, body: last.cut(to: Messenger.maximumBodyLength), options: options)
  }

  /// Whether msgd takes a name as an icon's. It refuses a message with another one.
  private static func isIconName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 256
      && name.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || "0123456789._+-".unicodeScalars.contains($0))
      }
  }
}
