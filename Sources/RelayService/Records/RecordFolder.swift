internal import DurableFiles
internal import FleetContract
internal import MessengerContract
internal import PlainJSON

/// The folder with a file for each message. Its functions block.
struct RecordFolder: Sendable {
  /// The largest file that is read, in bytes: more than the longest payload and its signature, or a receipt with a
  /// thousand deliveries, have.
  private static let largest = 4 << 20
  /// The file of what is forgotten. No message's file has such a name.
  private static let forgottenFile = "forgotten"

  /// What is found in the folder.
  struct Content {
    var records: [MessageRecord] = []
    /// Messages whose files can't be read, and why.
    var damaged: [(key: MessageKey, reason: String)] = []
    /// What isn't there any more.
    var forgotten = ForgottenMessages()
    /// Why the file of that can't be read.
    var forgottenDamage: String?
  }

  private let folder: DurableFolder

  /// Makes the folder at a path, whose parent must exist.
  init(path: String) { folder = DurableFolder(path: path, program: "msg-relay") }

  /// Reads the folder. Files that were being written when the service was killed are removed.
  ///
  /// - Throws: a `MessengerError`, which names the folder.
  func read() throws -> Content {
    var content = Content()
    for file in try folder.files().sorted() where !folder.removeUnfinished(file) {
      if file == Self.forgottenFile {
        do {
          content.forgotten = try ForgottenMessages(jsonText: try folder.read(file, upTo: Self.largest))
        } catch { content.forgottenDamage = "\(file): \(error)" }
      }
      guard let key = MessageKey(file: file) else { continue }
      do {
        content.records.append(try record(of: key))
      } catch {
        content.damaged.append((key, "\(error)"))
      }
    }
    return content
  }

  /// Reads a message's file.
  ///
  /// - Throws: if it isn't there, or is damaged.
  func record(of key: MessageKey) throws -> MessageRecord {
    let record = try MessageRecord(jsonText: try folder.read(key.file, upTo: Self.largest))
    guard record.key == key else { throw MessengerError(.failed, "it is another message's") }
    return record
  }

  /// Writes a message's file, instead of the one that is there. It is on the disk when this returns.
  ///
  /// - Throws: a `MessengerError`, which names the folder.
  func write(_ record: MessageRecord) throws {
    try folder.write(record.jsonText, to: record.key.file, attempt: .random(in: .min ... .max))
  }

  /// Writes what is forgotten. It is on the disk when this returns.
  ///
  /// - Throws: a `MessengerError`, which names the folder.
  func write(_ forgotten: ForgottenMessages) throws {
    try folder.write(forgotten.jsonText, to: Self.forgottenFile, attempt: .random(in: .min ... .max))
  }

  /// Removes a message's file, if it is there.
  ///
  /// - Throws: a `MessengerError`, which names the folder.
  func remove(_ key: MessageKey) throws { try folder.remove(key.file) }
}
