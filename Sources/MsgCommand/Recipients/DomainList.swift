import MessengerClient
import MessengerContract

/// The lists of hosts that `net-send` calls domains. Each line has a name, `=`, and hosts separated by white space. `#`
/// begins a comment.
struct DomainList {
  /// The file's path.
  static let path = "/etc/msgd/domains.conf"

  private static let maximumSize = 1 << 20

  /// The lists in the file's order.
  private let domains: [(name: String, hosts: [RemoteHost])]

  /// The lists' names.
  var names: [String] { domains.map(\.name) }

  /// Every host of every list.
  var hosts: [RemoteHost] { domains.flatMap(\.hosts) }

  /// - Parameter bytes: the file's content.
  /// - Throws: an ``InputError`` that names the line.
  init(_ bytes: [UInt8]) throws {
    guard bytes.count <= Self.maximumSize else {
      throw InputError.content("\(Self.path) is longer than \(Self.maximumSize) bytes")
    }
    let text = try UTF8Text.decode(bytes, source: Self.path)
    var domains: [(String, [RemoteHost])] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      do {
        if let domain = try Self.domain(line.prefix { $0 != "#" }) { domains.append(domain) }
      } catch let error as MessengerError {
        throw InputError.content("\(Self.path), line \(number + 1): \(error.message)")
      }
    }
    self.domains = domains
  }

  /// The hosts of a list.
  ///
  /// - Parameter name: the list, in any case. Nil is the first one.
  /// - Returns: its hosts, in the file's order.
  /// - Throws: an ``InputError`` if there is no such list.
  func hosts(of name: String?) throws -> [RemoteHost] {
    let domain = name.map { name in domains.first { $0.name.lowercased() == name.lowercased() } } ?? domains.first
    guard let domain else {
      throw InputError.content(
        "\(Self.path) has no list \(name.map { "'\($0)'" } ?? "at all"): write one there, as in "
          + "'\(name ?? "office") = host1 user@host2'")
    }
    return domain.hosts
  }

  /// The host with this name in any list, in any case.
  func host(named name: String) -> RemoteHost? {
    hosts.first { [$0.description, $0.host].contains { $0.lowercased() == name.lowercased() } }
  }

  private static func domain(_ line: Substring) throws -> (String, [RemoteHost])? {
    let line = line.drop(while: \.isWhitespace)
    guard !line.isEmpty else { return nil }
    let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts[0].split(whereSeparator: \.isWhitespace)
    guard parts.count == 2, name.count == 1 else {
      throw MessengerError(.invalidArgument, "a list is written NAME = HOST HOST...")
    }
    let hosts = try parts[1].split(whereSeparator: \.isWhitespace).map { try RemoteHost(String($0)) }
    guard !hosts.isEmpty else { throw MessengerError(.invalidArgument, "the list '\(name[0])' has no host") }
    return (String(name[0]), hosts)
  }
}

extension DomainList {
  /// The lists of this machine.
  ///
  /// - Throws: an ``InputError`` if there are none. It says where to write them.
  static func read(in surroundings: Surroundings) throws -> DomainList {
    guard let list = try readIfThere(in: surroundings) else {
      throw InputError.content("there is no \(path): write lists of hosts there, as in 'office = host1 user@host2'")
    }
    return list
  }

  /// The lists of this machine. Nil if there are none.
  static func readIfThere(in surroundings: Surroundings) throws -> DomainList? {
    guard surroundings.fileExists(path) else { return nil }
    return try DomainList(surroundings.readFile(path, maximumSize))
  }
}
