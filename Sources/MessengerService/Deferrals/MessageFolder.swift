internal import MessengerContract

/// A folder with a file for each kept message, named by the message's id. Its functions block.
struct MessageFolder: Sendable {
  /// What is found in the folder.
  struct Content: Sendable, Equatable {
    /// The messages, oldest first.
    var messages: [KeptMessage] = []
    /// The files that are none, or of another version, with the reasons. They stay where they are.
    var strange: [String] = []
    /// The largest id that a file is named by.
    var lastID: UInt64?
  }

  /// The folder.
  var folder: DurableFolder

  /// The largest file that is read, in bytes: more than the longest body of all and a thousand deliveries have.
  private static let largestFile = 4 << 20
  /// The largest id that a message may have; ids begin with the milliseconds since 1970.
  private static let largestID: UInt64 = 1 << 52

  /// Makes the folder at a path: see ``DurableFolder/path``.
  init(path: String) { folder = DurableFolder(path: path) }

  /// Its path.
  var path: String { folder.path }

  /// Reads the messages. Files that were being written when msgd was killed are removed.
  ///
  /// - Returns: what is there; nothing if there is no folder.
  /// - Throws: `Failed`, naming the folder.
  func read() throws -> Content {
    var content = Content()
    for file in try folder.files() {
      guard let id = UInt64(file), String(id) == file else {
        folder.removeUnfinished(file)
        continue
      }
      do {
        content.messages.append(try message(id, in: file, &content.lastID))
      } catch {
        content.strange.append("\(path)/\(file): \(error)")
      }
    }
    content.messages.sort { $0.id < $1.id }
    content.strange.sort()
    return content
  }

  private func message(_ id: UInt64, in file: String, _ lastID: inout UInt64?) throws -> KeptMessage {
    guard id <= Self.largestID else { throw MessengerError(.failed, "no message has this id") }
    lastID = max(lastID ?? 0, id)
    let bytes = try folder.read(file, upTo: Self.largestFile + 1)
    guard bytes.count <= Self.largestFile else { throw MessengerError(.failed, "it is too large") }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw MessengerError(.failed, "it is not UTF-8") }
    guard let message = KeptMessage(id: id, text: text) else {
      throw MessengerError(.failed, "it is damaged, or of another version of msgd")
    }
    return message
  }

  /// Writes a message's file, instead of the one that is there. It is on the disk when this returns.
  ///
  /// - Throws: what ``DurableFolder/write(_:to:attempt:)`` throws; `Failed` if the file would be too large to be read.
  func write(_ message: KeptMessage) throws {
    let bytes = Array(message.text.utf8)
    guard bytes.count <= Self.largestFile else {
      throw MessengerError(.failed, "the message and its deliveries are too large to be kept")
    }
    try folder.write(bytes, to: String(message.id), attempt: .random(in: .min ... .max))
  }

  /// Removes a message's file. That is on the disk when this returns.
  ///
  /// - Throws: `Failed`, naming the folder.
  func remove(_ id: UInt64) throws { try folder.remove(String(id)) }
}
