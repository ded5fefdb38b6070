internal import FleetConfiguration
internal import FleetContract
internal import Glibc
internal import MQTT
internal import MessengerContract

/// The program msg-fleet, which `msg` starts as it starts ssh. It reads one request from standard input, a line of
/// JSON, and says what becomes of it on standard output, in lines of JSON. It ends when all is said, or when `msg` has
/// closed its input.
public enum FleetSender {
  /// Runs it.
  ///
  /// - Returns: the exit status: 0 if it has said all that there was, and an error of the request's is said, too.
  public static func run() -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    if CommandLine.arguments.count == 2, CommandLine.arguments[1] == "--version" {
      print("msg-fleet \(Messenger.version)")
      return 0
    }
    guard CommandLine.arguments.count == 1, isatty(STDIN_FILENO) == 0 else {
      let text = Array("msg-fleet is started by msg: see msg(1)\n".utf8)
      write(STDERR_FILENO, text, text.count)
      return 64
    }
    let lines = AnswerLines(to: STDOUT_FILENO)
    do throws(MessengerError) {
      let request = try SenderRequest(readLine())
      let sender = try Sender(of: request.fleet)
      if request.verb == .doctor { try check(sender, lines) }
      try Conversation(request, by: sender, to: lines).run(until: STDIN_FILENO)
    } catch {
      lines.failed(error)
      lines.end()
    }
    return 0
  }

  /// What `--doctor` finds before there is a connection.
  private static func check(_ sender: Sender, _ lines: AnswerLines) throws(MessengerError) {
    let tls = sender.broker.authorities == nil ? ", without TLS: anybody on the network can read along" : ""
    lines.finding(
      SenderFinding(
        check: "fleet", state: tls.isEmpty ? .ok : .note,
        text: "\(sender.fleet): \(sender.brokerName) as \(sender.name)\(tls)", reason: sender.settings.place))
    guard let key = sender.settings.signingKey else {
      return lines.finding(
        SenderFinding(
          check: "signature", state: .note, text: "messages are not signed, which most machines demand",
          fix: "\(sender.settings.place): SigningKey=~/.ssh/id_ed25519, which the authority has to know: "
            + "msg-fleet-ca sender \(sender.name) --renew --signing-key id_ed25519.pub"))
    }
    do throws(SignatureError) {
      _ = try Signature.sign(Array("doctor".utf8), for: sender.fleet, key: key)
      lines.finding(SenderFinding(check: "signature", state: .ok, text: "\(key) signs for \(sender.fleet)"))
    } catch {
      lines.finding(
        SenderFinding(check: "signature", state: .wrong, text: "\(key) can't sign", reason: error.reason))
    }
  }

  /// The request's line; the input stays open behind it.
  private static func readLine() throws(MessengerError) -> [UInt8] {
    var line: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    while line.count <= SenderRequest.maximumSize {
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      line += chunk[..<count]
      if line.last == 0x0A { return line }
    }
    throw MessengerError(.invalidArgument, "the request has no end, or is longer than any")
  }
}
