internal import Glibc

/// This machine.
enum Host {
  /// Its name. Under `ProtectHostname=` (systemd.exec(5)) it is the name at the start of the service.
  static var name: String {
    var buffer = [CChar](repeating: 0, count: Int(HOST_NAME_MAX) + 1)
    guard gethostname(&buffer, buffer.count) == 0 else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
