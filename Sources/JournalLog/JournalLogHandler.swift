internal import Glibc
public import Logging
internal import MessengerContract

/// A log handler that writes records to the journal. Metadata become fields, with their keys as the fields' names
/// (systemd.journal-fields(7)).
///
/// If standard error isn't the journal's, or journald doesn't accept the record, the record becomes a line on standard
/// error that begins with its level, as in sd-daemon(3). Writing never waits.
public struct JournalLogHandler: LogHandler {
  /// Records below this level are not written.
  public var logLevel = Logger.Level.info
  /// The fields of all records.
  public var metadata: Logger.Metadata = [:]
  private let program: String
  private let journal: JournalSocket?

  /// Makes a handler for this process, according to its standard error.
  ///
  /// - Parameter program: the program's name in the journal.
  public init(program: String) {
    self.init(program: program, journal: Self.isJournal(STDERR_FILENO) ? JournalSocket() : nil)
  }

  /// Makes a handler that writes to a socket, or with `nil` to standard error.
  init(program: String, journal: JournalSocket?) {
    self.program = program
    self.journal = journal
  }

  /// One of the fields of all records.
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
    entry.append("SYSLOG_IDENTIFIER", program)
    for (name, value) in metadata.merging(fields, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
      if case .array(let values) = value {
        entry.append(name, values.map { "\($0)" })
      } else {
        entry.append(name, "\(value)")
      }
    }
    return entry
  }

  /// Writes a line to standard error without waiting, because journald may read it slowly or not at all.
  private static func write(_ line: [UInt8]) {
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    guard send(STDERR_FILENO, line, line.count, flags) < 0, errno == ENOTSOCK else { return }
    _ = Glibc.write(STDERR_FILENO, line, line.count)
  }

  /// Whether a file is the stream that systemd connected to the journal (systemd.exec(5), `$JOURNAL_STREAM`).
  private static func isJournal(_ file: Int32) -> Bool {
    var status = stat()
    guard let stream = getenv("JOURNAL_STREAM"), fstat(file, &status) == 0 else { return false }
    return String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
  }

  /// Returns a level's number in syslog(3).
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
