internal import GBus
internal import Glibc
internal import MessengerContract

/// The system's users and groups, from the name service switch. That may ask slow servers, so each question waits on
/// another thread and has a deadline.
struct UserDatabase: Sendable {
  /// How long an answer may take.
  var timeout: Duration

  /// Returns a user's login name; `nil` if the user isn't known, or not by the deadline.
  @MainLoop
  func name(uid: UInt32) async -> String? {
    try? await MainLoop.blocking(deadline: .after(timeout)) { Self.lookUpName(uid: uid) }
  }

  /// Returns users' real names, asked for all at once. Names that are not known by the deadline are left out.
  @MainLoop
  func realNames(of uids: Set<UInt32>) async -> [UInt32: String] {
    let names = await MainLoop.concurrently(Array(uids)) { (uid: $0, name: await realName(uid: $0)) }
    return names.reduce(into: [:]) { $0[$1.uid] = $1.name }
  }

  @MainLoop
  private func realName(uid: UInt32) async -> String? {
    try? await MainLoop.blocking(deadline: .after(timeout)) {
      Self.lookUpUser(uid: uid) { $0.pw_gecos.map { Self.realName(inField: String(cString: $0)) } }
    }
  }

  /// Returns the first part of the GECOS field, which an office and telephone numbers follow (passwd(5)).
  static func realName(inField field: String) -> String { String(field.prefix { $0 != "," }) }

  /// Returns those of the users who are in a group, including as their primary one. Empty if there is no such group, or
  /// no answer by the deadline.
  @MainLoop
  func members(ofGroup group: String, among users: [User]) async -> Set<String> {
    let members = try? await MainLoop.blocking(deadline: .after(timeout)) {
      guard let gid = Self.lookUpGroup(name: group) else { return Set<String>() }
      return Set(users.filter { Self.groups(of: $0).contains(gid) }.map(\.name))
    }
    return members ?? []
  }

  /// Returns the names that are users'. Empty without an answer by the deadline; then only the logged-in users count.
  @MainLoop
  func existing(of names: Set<String>) async -> Set<String> {
    let existing = try? await MainLoop.blocking(deadline: .after(timeout)) { names.filter(Self.isUser) }
    return existing ?? []
  }

  /// Returns the uids of users.
  ///
  /// - Parameter names: the users' names.
  /// - Returns: the uids by name, without names of no users, and other spellings that a directory server takes.
  /// - Throws: `Unavailable` without an answer by the deadline.
  @MainLoop
  func uids(of names: [String]) async throws -> [String: UInt32] {
    try await answered { names.reduce(into: [:]) { $0[$1] = Self.lookUpUID(name: $1) } }
  }

  /// Returns those of the names that are groups'.
  ///
  /// - Throws: `Unavailable` without an answer by the deadline.
  @MainLoop
  func groups(among names: [String]) async throws -> Set<String> {
    try await answered { Set(names.filter { Self.lookUpGroup(name: $0) != nil }) }
  }

  @MainLoop
  private func answered<Answer: Sendable>(_ question: @escaping @Sendable () -> Answer) async throws -> Answer {
    do { return try await MainLoop.blocking(deadline: .after(timeout), question) } catch BusError.timedOut {
      throw MessengerError(.unavailable, "the user database does not answer: try again later")
    }
  }

  /// Returns those of the names that are certainly no users', because the user database has answered.
  @MainLoop
  func unknown(of names: Set<String>) async -> Set<String> {
    let unknown = try? await MainLoop.blocking(deadline: .after(timeout)) { names.filter(Self.isNoUser) }
    return unknown ?? []
  }

  private static func isUser(_ name: String) -> Bool {
    lookUpUser(name: name) { _, user in user.map { _ in true } } ?? false
  }

  /// Without an error, there is no such user (getpwnam(3)).
  private static func isNoUser(_ name: String) -> Bool {
    lookUpUser(name: name) { error, user in error == 0 && user == nil } ?? false
  }

  private static func lookUpUID(name: String) -> UInt32? {
    lookUpUser(name: name) { _, user in
      user.flatMap { $0.pw_name.map { String(cString: $0) } == name ? $0.pw_uid : nil }
    }
  }

  private static func lookUpUser<Found>(name: String, _ content: (Int32, passwd?) -> Found?) -> Found? {
    lookUp { buffer, size in
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      let error = getpwnam_r(name, &entry, buffer, size, &found)
      return (error, content(error, found?.pointee))
    }
  }

  private static func lookUpName(uid: UInt32) -> String? {
    lookUpUser(uid: uid) { $0.pw_name.map { String(cString: $0) } }
  }

  private static func lookUpUser<Found>(uid: UInt32, _ content: (passwd) -> Found?) -> Found? {
    lookUp { buffer, size in
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      let error = getpwuid_r(uid, &entry, buffer, size, &found)
      return (error, found.flatMap { content($0.pointee) })
    }
  }

  private static func lookUpGroup(name: String) -> gid_t? {
    lookUp { buffer, size in
      var entry = group()
      var found: UnsafeMutablePointer<group>?
      let error = getgrnam_r(name, &entry, buffer, size, &found)
      return (error, found?.pointee.gr_gid)
    }
  }

  private static func groups(of user: User) -> [gid_t] {
    var count: Int32 = 64
    while true {
      var groups = [gid_t](repeating: 0, count: Int(count))
      if getgrouplist(user.name, user.gid, &groups, &count) >= 0 { return Array(groups.prefix(Int(count))) }
    }
  }

  /// Calls one of the `_r` functions with a buffer that is large enough for what it finds.
  private static func lookUp<Found>(_ function: (UnsafeMutablePointer<CChar>, Int) -> (Int32, Found?)) -> Found? {
    var size = 1024
    while size <= 1 << 20 {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      let (error, found) = function(buffer, size)
      guard error == ERANGE else { return found }
      size *= 2
    }
    return nil
  }
}
