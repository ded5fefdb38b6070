internal import FleetContract
internal import GBus
internal import Glibc
public import Logging
internal import MQTT

/// Which broker, which machine, which fleets, and whose messages count, as the administrator has chosen.
public struct RelaySettings: Sendable {
  /// The broker, as `host` or `host:port`.
  var broker = ""
  /// The machine's name: the host's, unless the file says another.
  var machine = RelaySettings.hostName
  /// The fleets that the machine is in.
  var fleets: [String] = []
  /// The path of the certificates of the authorities that the broker's certificate may come from; empty for no TLS.
  var authorities = ""
  /// The path of the machine's certificate.
  var certificate = ""
  /// The path of the certificate's key.
  var key = ""
  /// The user's name, where the certificate doesn't say it.
  var userName = ""
  /// The path of the file with the user's password.
  var passwordFile = ""
  /// The path of the keys of senders, in ssh-keygen(1)'s format ALLOWED SIGNERS.
  var allowedSigners = "/etc/msgd/allowed_signers"
  /// Whether messages need a signature.
  var signatures = true
  /// The longest time without a packet, in seconds.
  var keepAlive: UInt16 = 60
  /// The folder for what outlives the service. `StateDirectory=` in `msg-relay.service` sets it.
  public var stateFolder = "/var/lib/msg-relay"

  /// Makes the defaults.
  public init() {}

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

extension RelaySettings {
  private static let group = "Relay"
  private static let texts: [String: any WritableKeyPath<RelaySettings, String> & Sendable] = [
    "AllowedSigners": \.allowedSigners,
    "Authorities": \.authorities,
    "Broker": \.broker,
    "Certificate": \.certificate,
    "Key": \.key,
    "Machine": \.machine,
    "PasswordFile": \.passwordFile,
    "UserName": \.userName,
  ]

  /// Reads the administrator's settings from a file. A missing file counts as an empty one. Mistakes are reported with
  /// their lines, and ignored.
  ///
  /// - Parameters:
  ///   - path: the file's path.
  ///   - logger: receives a line for each mistake.
  public mutating func read(_ path: String, logger: Logger) {
    do {
      guard let file = try KeyFile(path: path) else { return }
      for complaint in take(file) { logger.warning("\(path):\(complaint)") }
    } catch {
      logger.error("\(path): \(error): nothing of it is used")
    }
  }

  /// Applies the settings in a file.
  ///
  /// - Returns: the mistakes in it, in the order of its lines, each with its line's number.
  mutating func take(_ file: KeyFile) -> [String] {
    file.complaints(group: Self.group) { set($0, to: $1) }
  }

  /// - Returns: what is wrong; `nil` if it is set.
  private mutating func set(_ name: String, to value: String) -> String? {
    if let text = Self.texts[name] {
      self[keyPath: text] = value
      return nil
    }
    switch name {
    case "Fleets":
      fleets = value.split { $0 == ";" || $0 == "," || $0.isWhitespace }.map(String.init)
    case "Signatures":
      guard let choice = KeyFile.choice(value) else {
        return "\(name)=\(value) is neither yes nor no: it stays \(signatures ? "yes" : "no")"
      }
      signatures = choice
    case "KeepAlive":
      guard let seconds = UInt16(value), (5...3600).contains(seconds) else {
        return "\(name)=\(value) is no number from 5 to 3600: it stays \(keepAlive)"
      }
      keepAlive = seconds
    default: return "there is no key \(name) in [\(Self.group)]"
    }
    return nil
  }
}

/// Why the settings are of no use.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The reason, in words.
  public let description: String
}

extension RelaySettings {
  /// The word for a connection without TLS.
  private static let none = "none"
  /// The file of the authorities that the system trusts.
  private static let usualAuthorities = "/etc/ssl/certs/ca-certificates.crt"

  /// Who the machine is, and where.
  struct Membership: Sendable, Equatable {
    let machine: FleetName
    let fleets: [FleetName]
  }

  /// The machine and its fleets.
  ///
  /// - Throws: a ``SettingsError``, which names the key.
  func membership() throws(SettingsError) -> Membership {
    guard let machine = FleetName(machine) else {
      throw SettingsError(description: "Machine=\(machine) is no name of a machine")
    }
    var names: [FleetName] = []
    for fleet in fleets {
      guard let name = FleetName(fleet) else { throw SettingsError(description: "\(fleet) is no name of a fleet") }
      if !names.contains(name) { names.append(name) }
    }
    guard !names.isEmpty else { throw SettingsError(description: "Fleets= names no fleet") }
    return Membership(machine: machine, fleets: names)
  }

  /// Where the broker is, and how to prove there who this is.
  ///
  /// - Throws: a ``SettingsError``, which names the key.
  func brokerSettings() throws(SettingsError) -> BrokerSettings {
    guard let (host, port) = hostAndPort else {
      throw SettingsError(description: broker.isEmpty ? "Broker= names no broker" : "Broker=\(broker) is no host:port")
    }
    var settings = BrokerSettings(host: host, port: port)
    settings.authorities = authorities == Self.none ? nil : authorities.isEmpty ? Self.usualAuthorities : authorities
    guard settings.authorities != nil || certificate.isEmpty && key.isEmpty else {
      throw SettingsError(description: "Authorities=none is without TLS, and then Certificate= and Key= mean nothing")
    }
    if !certificate.isEmpty { settings.certificate = certificate }
    if !key.isEmpty { settings.key = key }
    if !userName.isEmpty { settings.userName = userName }
    if !passwordFile.isEmpty { settings.password = try Self.password(in: passwordFile) }
    return settings
  }

  /// Takes `host`, `host:port`, `[address]` and `[address]:port` apart.
  private var hostAndPort: (String, UInt16)? {
    let isBracketed = broker.hasPrefix("[")
    guard let end = isBracketed ? broker.firstIndex(of: "]") : broker.firstIndex(of: ":") ?? broker.endIndex else {
      return nil
    }
    let host = String(isBracketed ? broker[..<end].dropFirst() : broker[..<end])
    let rest = isBracketed ? broker[end...].dropFirst() : broker[end...]
    guard !host.isEmpty else { return nil }
    if rest.isEmpty { return (host, 8883) }
    guard rest.hasPrefix(":"), let port = UInt16(rest.dropFirst()), port > 0 else { return nil }
    return (host, port)
  }

  private static func password(in path: String) throws(SettingsError) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw SettingsError(description: "\(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(file, &bytes, bytes.count)
    guard count >= 0 else { throw SettingsError(description: "\(path): \(String(cString: strerror(errno)))") }
    return String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
