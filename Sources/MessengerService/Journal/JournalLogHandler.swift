internal import Glibc
public import Logging
internal import MessengerContract

/// Writes each record to the journal, its metadata as fields: a key is a field's name (systemd.journal-fields(7)).
///
/// Where standard error is not the journal's, or journald does not take it, the record is a line there that begins with
/// its level, as sd-daemon(3) has it. Nothing waits for either.
public struct JournalLogHandler: LogHandler {
  /// Records below it are not written.
  public var logLevel = Logger.Level.info
  /// The fields that all records have.
  public var metadata: Logger.Metadata = [:]
  private let journal: JournalSocket?

  /// A handler for this process, as it was started.
  public init() { journal = Self.isJournal(STDERR_FILENO) ? JournalSocket() : nil }

  /// A handler that writes to this socket, or with `nil` to standard error.
  init(journal: JournalSocket?) { self.journal = journal }

  /// One of these fields.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes a record.
  public func log(event: LogEvent) {
    let text = CharacterPolicy.logLine.applied(to: "\(event.message)")
    let priority = Self.priority(of: event.level)
    if let journal, journal.send(entry(text, priority, event.metadata ?? [:])) { return }
    Self.write(Array("<\(priority)>\(text)\n".utf8))
  }

  private func entry(_ text: String, _ priority: Int, _ fields: Logger.Metadata) -> JournalEntry {
    var entry = JournalEntry()
    entry.append("MESSAGE", text)
    entry.append("PRIORITY", "\(priority)")
    entry.append("SYSLOG_IDENTIFIER", "msgd")
    for (name, value) in metadata.merging(fields, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
      if case .array(let values) = value {
        entry.append(name, values.map { "\($0)" })
      } else {
        entry.append(name, "\(value)")
      }
    }
    return entry
  }

  /// On standard error, which journald may read slowly or not at all.
  private static func write(_ line: [UInt8]) {
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    guard send(STDERR_FILENO, line, line.count, flags) < 0, errno == ENOTSOCK else { return }
    _ = Glibc.write(STDERR_FILENO, line, line.count)
  }

  /// Whether a file is the stream that systemd gave to the service (systemd.exec(5), `$JOURNAL_STREAM`).
  private static func isJournal(_ file: Int32) -> Bool {
    var status = stat()
    guard let stream = getenv("JOURNAL_STREAM"), fstat(file, &status) == 0 else { return false }
    return String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
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
