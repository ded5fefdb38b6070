internal import GBus

/// Finds the systemd units that callers belong to. systemd is asked, for msgd sees no process of others in /proc.
///
/// Newer buses have a pidfd of the process that made a connection, and a pidfd is one process's for ever (dbus-daemon
/// 1.15.8, dbus-broker 34, with Linux 6.5). What systemd says by it is certain, whoever the process runs as. Most calls
/// need no unit: the pidfd is asked for together with the unit, and closed when that is known. The bus gives the same
/// one for as long as the connection is there.
///
/// Else systemd is asked by the number of a process, which may have ended meanwhile, and another one may have its
/// number. So a unit is told only where it is the caller's user's in any case; of root's calls always, for only root
/// could pretend to be of another unit.
@MainLoop
final class UnitDirectory {
  /// So many questions at once, of the 128 that the bus lets a connection have open.
  private static let limit = 8
  /// So many callers are remembered.
  private static let capacity = 64

  /// What is known by a pidfd.
  enum Knowledge: Sendable, Equatable {
    /// The process's unit; `nil` where it has none, or has ended.
    case unit(String?)
    /// Nothing: there is no pidfd, or this systemd can't be asked by one.
    case none
  }

  /// Asks for the unit of the process behind a connection, given by its unique name, by pidfd.
  typealias FindByPidfd = @MainLoop (String) async -> Knowledge
  /// Asks for the unit of a process; `nil` = no answer.
  typealias Find = @MainLoop (UInt32) async -> Value?
  /// Asks for a property of a unit, by its object's path; `nil` = no answer.
  typealias Look = @MainLoop (String, UnitOwnership) async -> Value?

  private let findByPidfd: FindByPidfd
  private let find: Find
  private let look: Look
  private var known: [String: String] = [:]
  private var questions = 0

  /// A directory that asks in these ways.
  init(findByPidfd: @escaping FindByPidfd = { _ in .none }, find: @escaping Find, look: @escaping Look) {
    self.findByPidfd = findByPidfd
    self.find = find
    self.look = look
  }

  /// The unit of a caller; `nil` where it is not to be had, may be another's, or not without a crowd before systemd's
  /// door.
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
