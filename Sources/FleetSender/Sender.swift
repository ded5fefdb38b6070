internal import FleetConfiguration
internal import FleetContract
internal import Glibc
internal import MQTT
internal import MessengerContract

/// Who sends to a fleet, and how its broker is reached: the settings, checked.
struct Sender {
  let settings: FleetSettings
  let fleet: FleetName
  let name: FleetName
  let machines: [FleetName]?
  let broker: BrokerSettings

  /// How many bytes are read of a file of settings.
  private static let maximumSize = 4 << 20

  /// Reads the settings of a fleet: the user's, or else the system's.
  ///
  /// - Throws: a `MessengerError` that names the file and the line of a mistake.
  init(
    of fleet: String, variable: (String) -> String? = { getenv($0).map { String(cString: $0) } }
  ) throws(MessengerError) {
    let home = variable("HOME")
    var found: FleetSettings?
    var closed: [String] = []
    for path in [FleetsFile.userPath(variable), FleetsFile.systemPath].compactMap(\.self) where found == nil {
      guard access(path, R_OK) == 0 else {
        if errno == EACCES { closed.append(path) }
        continue
      }
      let file = FleetsFile(path: path, text: try Self.text(of: path))
      do throws(FleetsFileError) { found = try file.settings(of: fleet, home: home) } catch {
        throw MessengerError(.invalidArgument, error.description)
      }
    }
    guard let settings = found else {
      let reason = closed.first.map { " that you may see: \($0) must be readable for you" }
      throw MessengerError(
        .invalidArgument, "there is no fleet '\(fleet)'\(reason ?? " in \(FleetsFile.systemPath)")")
    }
    self.settings = settings
    func name(_ text: String, _ what: String) throws(MessengerError) -> FleetName {
      guard let name = FleetName(text) else {
        throw MessengerError(
          .invalidArgument,
          "\(settings.place): '\(text)' is no \(what)'s name: letters, digits, '.', '_' and '-', at most 64")
      }
      return name
    }
    self.fleet = try name(settings.name, "fleet")
    self.name = try name(settings.sender, "sender")
    var broker = BrokerSettings(host: settings.host, port: settings.port)
    broker.authorities = settings.authorities
    broker.certificate = settings.certificate
    broker.key = settings.key
    broker.userName = settings.userName
    if let path = settings.passwordFile {
      broker.password = String(try Self.text(of: path).prefix { !$0.isNewline })
    }
    self.broker = broker
    let files = [settings.authorities, settings.certificate, settings.key, settings.signingKey]
    for path in files.compactMap(\.self) {
      guard access(path, R_OK) == 0 else {
        throw MessengerError(
          .invalidArgument, "\(settings.place): can't read \(path): \(String(cString: strerror(errno)))")
      }
    }
    if let key = settings.key, try Self.text(of: key).contains("ENCRYPTED") {
      throw MessengerError(
        .invalidArgument,
        "\(settings.place): \(key) has a passphrase, and nobody can be asked for it: write the key without one by "
          + "openssl pkey -in \(key) -out FILE")
    }
    let names: [String]? =
      switch settings.machines {
      case nil: nil
      case .names(let names)?: names
      case .file(let path)?: FleetSettings.names(in: try Self.text(of: path))
      }
    var machines: [FleetName]?
    if let names {
      machines = []
      for text in names { machines?.append(try name(text, "machine")) }
    }
    self.machines = machines
  }

  /// The broker as errors name it.
  var brokerName: String {
    "the broker \(broker.host.contains(":") ? "[\(broker.host)]" : broker.host):\(broker.port)"
  }

  private static func text(of path: String) throws(MessengerError) -> String {
    // What is no file, such as a FIFO, might never be at its end.
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      throw MessengerError(.invalidArgument, "can't read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    while bytes.count <= maximumSize {
      let count = read(file, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw MessengerError(.invalidArgument, "can't read \(path): \(String(cString: strerror(errno)))")
      }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    guard bytes.count <= maximumSize, let text = String(validating: bytes, as: UTF8.self) else {
      throw MessengerError(.invalidArgument, "\(path) is no UTF-8, or longer than \(maximumSize) bytes")
    }
    return text
  }
}
