internal import Glibc
internal import Logging

/// Writes each record as a line on standard error that begins with its level, as the journal reads it (sd-daemon(3)).
struct JournalLogHandler: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let text = "\(event.message)".split(whereSeparator: \.isNewline).joined(separator: " ")
    let line = Array("<\(Self.priority(of: event.level))>\(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }

  /// syslog(3)'s numbers.
  private static func priority(of level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
