internal import GBus
internal import Glibc

/// The names of users, from the user database.
struct UserNames: Sendable {
  /// How long the database may take, which may be a directory on another machine.
  private static let timeout: Duration = .seconds(5)

  /// Returns the names of those of the users who exist, in order.
  @MainLoop
  func names(of uids: [UInt32]) async -> [String] {
    let names = try? await MainLoop.blocking(deadline: .after(Self.timeout)) { uids.compactMap(Self.name) }
    return names ?? []
  }

  private static func name(of uid: UInt32) -> String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else {
      return nil
    }
    return String(cString: name)
  }
}
