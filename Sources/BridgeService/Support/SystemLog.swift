internal import Glibc
public import Logging
internal import MessengerContract

/// A log handler that writes lines to standard error, each with its level in front, which the journal reads
/// (sd-daemon(3)).
public struct SystemLog: LogHandler {
  /// Records below this level are not written.
  public var logLevel = Logger.Level.info
  /// Not written.
  public var metadata: Logger.Metadata = [:]

  /// Makes a handler.
  public init() {}

  /// One of the fields of all records.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes a record.
  public func log(event: LogEvent) {
    let line = "<\(Self.priority(of: event.level))>\(CharacterPolicy.logLine.applied(to: "\(event.message)"))\n"
    _ = Glibc.write(STDERR_FILENO, line, line.utf8.count)
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
