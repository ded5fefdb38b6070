/// The authentication on a D-Bus socket (D-Bus Specification, Authentication Protocol). It uses `EXTERNAL` with an
/// empty identity, so that the bus takes the identity that the kernel reports. All lines go out at once, and the
/// answers are checked here. A bus that is asked to pass file descriptors, and doesn't, admits the client all the same.
public struct Handshake {
  /// Everything that the client sends: a null byte, its lines, and `BEGIN`.
  public static let greeting = Array("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n".utf8)

  /// The same, with a request for file descriptors.
  public static let greetingForDescriptors = Array("\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n".utf8)

  /// The longest answer that is read. A server needs fewer than 60 bytes.
  public static let maximumAnswer = 1024

  /// The progress of the authentication.
  public enum Progress: Equatable {
    /// More bytes must come.
    case incomplete
    /// The server has admitted the client, with the server's id of 32 hexadecimal digits; `nil` if it gave something
    /// else.
    case accepted(id: String?)
    /// The server has refused, with this answer.
    case refused(String)
  }

  private let asksForDescriptors: Bool
  private var answer: [UInt8] = []
  /// Whether a server that has admitted the client passes file descriptors.
  public private(set) var passesDescriptors = false

  /// Begins an authentication without file descriptors.
  public init() { self.init(forDescriptors: false) }

  /// Begins an authentication with one of the greetings.
  public init(forDescriptors: Bool) { asksForDescriptors = forDescriptors }

  /// Takes the next bytes from the server.
  ///
  /// After its answers a server has nothing to send until it is asked, so any further byte counts as a refusal.
  public mutating func receive(_ bytes: some Sequence<UInt8>) -> Progress {
    answer += bytes
    let text = String(decoding: answer, as: UTF8.self)
    let count = asksForDescriptors ? 3 : 2
    guard text.unicodeScalars.filter({ $0 == "\n" }).count >= count else { return undecided(text) }
    let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    guard lines.count == count + 1, lines[0] == "DATA" || lines[0] == "DATA ", lines[1].hasPrefix("OK "),
      !asksForDescriptors || Self.isAnswerToNegotiation(lines[2]), lines[count].isEmpty
    else {
      return .refused(Self.quoted(text))
    }
    passesDescriptors = lines[2] == Self.agreement
    return .accepted(id: Self.id(String(lines[1].dropFirst(3))))
  }

  private static let agreement = "AGREE_UNIX_FD"

  private static func isAnswerToNegotiation(_ line: some StringProtocol) -> Bool {
    line == agreement || line == "ERROR" || line.hasPrefix("ERROR ")
  }

  private static func id(_ text: String) -> String? {
    text.utf8.count == 32 && text.allSatisfy(\.isHexDigit) ? text : nil
  }

  /// Judges an answer that is not complete. `REJECTED` and `ERROR` end it early, because the next line may then never
  /// come.
  private func undecided(_ text: String) -> Progress {
    let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    let isDataSoFar = text.hasPrefix("DATA") || "DATA".hasPrefix(text)
    let isOKSoFar = lines.count < 3 || lines[1].hasPrefix("OK ")
    return isDataSoFar && isOKSoFar && answer.count < Self.maximumAnswer ? .incomplete : .refused(Self.quoted(text))
  }

  /// Quotes a stranger's words in a form fit for a log.
  private static func quoted(_ text: String) -> String {
    let printable = text.unicodeScalars.prefix(80).map { $0.isASCII && $0.value >= 32 ? Character($0) : " " }
    return String(printable)
  }
}
