import Logging
import Synchronization

/// The records written to a log, in order.
final class Records: Sendable {
  private let written = Mutex<[(text: String, fields: Logger.Metadata)]>([])

  var all: [(text: String, fields: Logger.Metadata)] { written.withLock(\.self) }

  var logger: Logger { Logger(label: "", factory: { _ in Handler(records: self) }) }

  private struct Handler: LogHandler {
    let records: Records
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      records.written.withLock { $0.append(("\(event.message)", event.metadata ?? [:])) }
    }
  }
}
