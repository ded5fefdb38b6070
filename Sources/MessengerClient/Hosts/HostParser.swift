import Glibc
import MessengerContract

/// Parses the text of a ``RemoteHost``. Text that ssh could read as an option, or a shell as syntax, is refused.
///
/// It works with code points, as ssh and shells do. As a Character, a dash with a combining mark isn't a dash.
struct HostParser {
  let text: String

  private typealias Part = Substring.UnicodeScalarView

  private static let scheme = "ssh://".unicodeScalars
  /// The characters that ssh itself refuses since 9.6, because its configuration may pass host and user to a shell.
  private static let forbidden = Set("'`\"$\\;&<>|(){}".unicodeScalars)
  /// A user may be called `DOMAIN\name`, a machine's account `name$`. Neither has a password after a colon.
  private static let forbiddenInUser = forbidden.subtracting("$\\".unicodeScalars).union(":".unicodeScalars)

  func parts() throws -> (user: String?, host: String, port: UInt16?) {
    guard !text.isEmpty else { throw flaw("it is empty") }
    let scalars = text[...].unicodeScalars
    let isURL = scalars.prefix(Self.scheme.count).map(\.properties.lowercaseMapping).elementsEqual(
      Self.scheme.map(String.init))
    let authority = isURL ? scalars.dropFirst(Self.scheme.count) : scalars
    guard !authority.contains("/") else { throw flaw("only user, host and port are allowed") }
    guard let at = authority.lastIndex(of: "@") else {
      let (host, port) = try hostAndPort(authority, isURL: isURL)
      return (nil, host, port)
    }
    let user = try checked(authority[..<at], "user", Self.forbiddenInUser)
    let (host, port) = try hostAndPort(authority[authority.index(after: at)...], isURL: isURL)
    return (String(user), host, port)
  }

  private func hostAndPort(_ text: Part, isURL: Bool) throws -> (String, UInt16?) {
    let text = try checked(text, "host", Self.forbidden)
    if text.first == "[", let end = text.firstIndex(of: "]") {
      let address = String(text[text.index(after: text.startIndex)..<end])
      guard Self.isIPv6(address) else { throw flaw("the brackets hold no IPv6 address") }
      return (address, try port(text[text.index(after: end)...], isURL: isURL))
    }
    if !isURL, Self.isIPv6(String(text)) { return (String(text), nil) }
    let end = text.firstIndex(of: ":") ?? text.endIndex
    return (String(try checked(text[..<end], "host", Self.forbidden)), try port(text[end...], isURL: isURL))
  }

  /// Parses the text after a host: nothing, or a colon and a number.
  private func port(_ text: Part, isURL: Bool) throws -> UInt16? {
    guard !text.isEmpty else { return nil }
    guard isURL else { throw flaw("a port is written ssh://host:port") }
    let digits = text.dropFirst()
    guard text.first == ":", digits.allSatisfy({ ("0"..."9").contains($0) }), let port = UInt16(String(digits)),
      port > 0
    else { throw flaw("the port is no number from 1 to 65535") }
    return port
  }

  private func checked(_ part: Part, _ name: String, _ forbidden: Set<Unicode.Scalar>) throws -> Part {
    guard !part.isEmpty else { throw flaw("the \(name) is empty") }
    guard part.first != "-" else { throw flaw("the \(name) begins with '-'") }
    for scalar in part {
      let properties = scalar.properties
      guard properties.generalCategory != .control else { throw flaw("the \(name) contains a control character") }
      guard !properties.isWhitespace else { throw flaw("the \(name) contains white space") }
      guard !forbidden.contains(scalar) else { throw flaw("the \(name) contains '\(scalar)'") }
    }
    return part
  }

  /// Whether this is an IPv6 address, with or without a scope such as `%eth0`.
  private static func isIPv6(_ text: String) -> Bool {
    var binary = in6_addr()
    let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    guard inet_pton(AF_INET6, String(parts[0]), &binary) == 1 else { return false }
    return parts.dropFirst().allSatisfy { !$0.isEmpty && !$0.unicodeScalars.contains("]") }
  }

  /// An error that quotes the text as it was written, without line breaks.
  private func flaw(_ reason: String) -> MessengerError {
    var harmless = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { harmless.append(Self.breaksLine(scalar) ? "\u{FFFD}" : scalar) }
    return MessengerError(.invalidArgument, "'\(String(harmless))' is no host: \(reason)")
  }

  private static func breaksLine(_ scalar: Unicode.Scalar) -> Bool {
    [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
  }
}
