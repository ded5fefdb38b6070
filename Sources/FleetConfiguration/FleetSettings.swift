/// A fleet as `fleets.conf` describes it: the broker, who one is there, and the machines.
///
/// A path that doesn't begin with `/` is one below the file's folder; `~/` is the user's home.
public struct FleetSettings: Sendable, Equatable {
  /// The group's name.
  public var name: String
  /// The broker's host.
  public var host: String
  /// The broker's port.
  public var port: UInt16
  /// The path of the certificates that the broker's may come from. Nil: no TLS.
  public var authorities: String?
  /// The path of one's own certificate.
  public var certificate: String?
  /// The path of the certificate's key.
  public var key: String?
  /// The user's name at the broker.
  public var userName: String?
  /// The path of the file whose first line is the password.
  public var passwordFile: String?
  /// The name under which one sends.
  public var sender: String
  /// The path of the key that signs. Nil: nothing is signed.
  public var signingKey: String?
  /// The machines that should answer. Nil: those that the broker knows of.
  public var machines: Machines?
  /// Where the group is: the file and the line.
  public var place: String

  /// The machines that should answer.
  public enum Machines: Sendable, Equatable {
    /// Their names.
    case names([String])
    /// The path of a file of names.
    case file(String)
  }

  /// The authorities that the system trusts, unless the file says otherwise.
  static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"

  /// Reads a group.
  ///
  /// - Parameters:
  ///   - group: the group.
  ///   - home: the user's home. Nil if it is unknown.
  /// - Throws: a ``FleetsFileError`` that names the line.
  init(_ group: FleetGroup, home: String?) throws(FleetsFileError) {
    name = group.name
    place = group.place
    func path(_ key: FleetKey) throws(FleetsFileError) -> String? {
      guard let value = group[key] else { return nil }
      return try group.path(value, home: home)
    }
    guard let broker = group[.broker] else { throw group.error("Broker= is missing") }
    (host, port) = try Self.hostAndPort(broker, in: group)
    let isPlain = group[.authorities]?.text == "none"
    authorities = isPlain ? nil : try path(.authorities) ?? Self.systemAuthorities
    certificate = try path(.certificate)
    key = try path(.key)
    userName = group[.userName]?.text
    passwordFile = try path(.passwordFile)
    signingKey = try path(.signingKey)
    guard (certificate == nil) == (key == nil) else { throw group.error("Certificate= and Key= go together") }
    guard !isPlain || certificate == nil else {
      throw group.error("Certificate= needs TLS, and Authorities=none switches it off")
    }
    guard passwordFile == nil || userName != nil else { throw group.error("PasswordFile= needs UserName=") }
    guard let sender = group[.sender]?.text ?? userName else {
      throw group.error("Sender= is missing: the name in the certificate (its CN), under which the broker knows you")
    }
    self.sender = sender
    machines = try Self.machines(in: group, home: home)
  }

  private static func hostAndPort(
    _ value: FleetValue, in group: FleetGroup
  ) throws(FleetsFileError) -> (String, UInt16) {
    var host = value.text[...]
    var digits: Substring?
    if host.first == "[", let end = host.firstIndex(of: "]") {
      let rest = host[host.index(after: end)...]
      host = host[host.index(after: host.startIndex)..<end]
      if !rest.isEmpty { digits = rest.dropFirst(rest.first == ":" ? 1 : 0) }
    } else if let colon = host.firstIndex(of: ":"), host[host.index(after: colon)...].firstIndex(of: ":") == nil {
      digits = host[host.index(after: colon)...]
      host = host[..<colon]
    }
    let port = digits.map { UInt16($0) ?? 0 } ?? 8883
    guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "/" }), port > 0 else {
      throw group.error("Broker= is HOST or HOST:PORT, and not '\(value.text)'", at: value)
    }
    return (String(host), port)
  }

  private static func machines(
    in group: FleetGroup, home: String?
  ) throws(FleetsFileError) -> Machines? {
    guard let value = group[.machines] else { return nil }
    if value.text.first == "@" {
      return .file(try group.path(FleetValue(text: String(value.text.dropFirst()), line: value.line), home: home))
    }
    return .names(names(in: value.text))
  }

  /// The names in a list or a file. White space and commas separate them, and `#` begins a comment.
  public static func names(in text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).flatMap { line in
      line.prefix { $0 != "#" }.split { $0.isWhitespace || $0 == "," }.map(String.init)
    }
  }
}
