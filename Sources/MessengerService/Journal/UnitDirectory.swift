internal import GBus

/// Finds the systemd units that callers belong to. It asks systemd, because msgd can't see others' processes in /proc.
///
/// Newer buses have a pidfd of the process that opened a connection, and a pidfd always means the same process
/// (dbus-daemon 1.15.8, dbus-broker 34, with Linux 6.5). The unit that systemd finds by a pidfd is therefore certain,
/// whichever user the process runs as. Most calls need no unit, so the pidfd is requested only when the unit is, and
/// closed afterwards. The bus returns the same one as long as the connection exists.
///
/// Without a pidfd, systemd is asked by process number. The process may have ended meanwhile, and another one may have
/// its number. So a unit is reported only if it belongs to the caller's user in any case. Root's units are always
/// reported, because only root could pretend to be in another unit.
@MainLoop
final class UnitDirectory {
  /// How many questions are asked at once, of the 128 that the bus allows a connection.
  private static let limit = 8
  /// How many callers are remembered.
  private static let capacity = 64

  /// The knowledge that a pidfd gives.
  enum Knowledge: Sendable, Equatable {
    /// The process's unit; `nil` if it has none, or has ended.
    case unit(String?)
    /// None: there is no pidfd, or this systemd can't be asked by pidfd.
    case none
  }

  /// Asks by pidfd for the unit of the process behind a connection, given its unique name.
  typealias FindByPidfd = @MainLoop (String) async -> Knowledge
  /// Asks for the unit of a process; returns `nil` without an answer.
  typealias Find = @MainLoop (UInt32) async -> Value?
  /// Asks for a property of a unit, given its object's path; returns `nil` without an answer.
  typealias Look = @MainLoop (String, UnitOwnership) async -> Value?

  private let findByPidfd: FindByPidfd
  private let find: Find
  private let look: Look
  private var known: [String: String] = [:]
  private var questions = 0

  /// Makes a directory that asks with these functions.
  init(findByPidfd: @escaping FindByPidfd = { _ in .none }, find: @escaping Find, look: @escaping Look) {
    self.findByPidfd = findByPidfd
    self.find = find
    self.look = look
  }

  /// Returns a caller's unit; `nil` if it can't be found out, may be somebody else's, or too many questions are open.
  func unit(of caller: Caller) async -> String? {
    if let unit = known[caller.busName] { return unit }
    guard questions < Self.limit else { return nil }
    questions += 1
    defer { questions -= 1 }
    guard let unit = await ask(for: caller) else { return nil }
    if known.count >= Self.capacity { known.removeAll() }
    known[caller.busName] = unit
    return unit
  }

  private func ask(for caller: Caller) async -> String? {
    if caller.hasPidfd, case .unit(let unit) = await findByPidfd(caller.busName) { return unit }
    guard let pid = caller.pid, case .objectPath(let path)? = await find(pid),
      let unit = Self.unitName(ofPath: path), await isCertain(unit, at: path, of: caller)
    else { return nil }
    return unit
  }

  private func isCertain(_ unit: String, at path: String, of caller: Caller) async -> Bool {
    if caller.isRoot { return true }
    guard let ownership = UnitOwnership(of: unit) else { return false }
    return await look(path, ownership) == ownership.value(for: caller.uid)
  }

  /// Returns the unit's name in an object's path, in which each character other than letters and digits is written as
  /// `_` with two hexadecimal digits (sd_bus_path_encode(3)).
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
