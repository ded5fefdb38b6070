import Glibc
import MessengerClient

/// Recognizes this machine if it is named as a host: tutorials of msg.exe write `/SERVER:localhost`.
enum ThisMachine {
  private static let names = ["localhost", "localhost.localdomain", "ip6-localhost", "127.0.0.1", "::1"]

  /// Whether a host is this machine: one of its names, without user and port. A user would mean another log-in, and
  /// another machine may answer at a port.
  static func isMeant(by host: RemoteHost) -> Bool {
    host.user == nil && host.port == nil && isOne(host.host, own: ownName, fullName: fullName)
  }

  /// Whether this machine has the name.
  ///
  /// - Parameters:
  ///   - name: the name of a host.
  ///   - own: the name from gethostname(2), with or without a domain.
  ///   - fullName: finds the name with the domain. It is called only if that decides.
  /// - Returns: true if it has.
  static func isOne(_ name: String, own: String, fullName: () -> String?) -> Bool {
    var name = name.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    let own = own.lowercased()
    if names.contains(name) || name == own { return true }
    guard !own.isEmpty, label(name) == label(own) else { return false }
    // Either only one of the two has a domain, or their domains differ.
    if own.contains(".") { return !name.contains(".") }
    return name == fullName()?.lowercased()
  }

  private static func label(_ name: String) -> Substring { name.prefix { $0 != "." } }

  private static var ownName: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// This machine's name with its domain, as `hostname --fqdn` prints it.
  private static func fullName() -> String? {
    var hints = addrinfo()
    hints.ai_flags = AI_CANONNAME
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(ownName, nil, &hints, &found) == 0, let found else { return nil }
    defer { freeaddrinfo(found) }
    return found.pointee.ai_canonname.map { String(cString: $0) }
  }
}
