internal import GBus

/// Finds the systemd units that callers belong to. systemd is asked, for msgd sees no process of others in /proc.
@MainLoop
final class UnitDirectory {
  private static let systemd = Remote(
    destination: "org.freedesktop.systemd1", path: "/org/freedesktop/systemd1",
    interface: "org.freedesktop.systemd1.Manager")

  /// So many questions at once, of the 128 that the bus lets a connection have open.
  private static let limit = 8
  /// So many callers are remembered.
  private static let capacity = 64

  private let ask: @MainLoop (UInt32) async -> Value?
  private var known: [String: String] = [:]
  private var questions = 0

  /// A directory.
  ///
  /// - Parameters:
  ///   - connection: the system bus.
  ///   - patience: how long systemd may take for an answer.
  convenience init(connection: Connection, patience: Duration) {
    self.init { pid in
      try? await connection.call(Self.systemd, "GetUnitByPID", [.uint32(pid)], deadline: .after(patience)).first
    }
  }

  /// A directory that asks in another way; `nil` = no answer.
  init(ask: @escaping @MainLoop (UInt32) async -> Value?) { self.ask = ask }

  /// The unit of a caller; `nil` where it is not to be had, or not without a crowd before systemd's door.
  func unit(of caller: Caller) async -> String? {
    if let unit = known[caller.busName] { return unit }
    guard let pid = caller.pid, questions < Self.limit else { return nil }
    questions += 1
    defer { questions -= 1 }
    guard case .objectPath(let path)? = await ask(pid), let unit = Self.unitName(ofPath: path) else { return nil }
    if known.count >= Self.capacity { known.removeAll() }
    known[caller.busName] = unit
    return unit
  }

  /// The name in an object's path, where all but letters and digits is written `_` with two hexadecimal digits
  /// (sd_bus_path_encode(3)).
  nonisolated static func unitName(ofPath path: String) -> String? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    var name: [UInt8] = []
    var rest = path[path.index(after: slash)...].utf8
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "_") {
        guard rest.count >= 2, let code = UInt8(String(Substring(rest.prefix(2))), radix: 16) else { return nil }
        rest.removeFirst(2)
        name.append(code)
      } else {
        name.append(byte)
      }
    }
    return String(validating: name, as: UTF8.self)
  }
}
