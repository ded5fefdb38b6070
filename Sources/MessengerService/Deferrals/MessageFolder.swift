internal import DurableFiles
internal import MessengerContract

/// A folder with a file for each kept message, named by the message's id. Its functions block.
struct MessageFolder: KeptMessageFolder {
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

  /// Makes the folder at a path: see ``DurableFolder/path``.
  init(path: String) { folder = DurableFolder(path: path, program: "msgd") }

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
    guard id <= KeptMessage.largestID else { throw MessengerError(.failed, "no message has this id") }
    lastID = max(lastID ?? 0, id)
    return try folder.message(id, in: file)
  }

  /// Writes a message's file, instead of the one that is there. It is on the disk when this returns.
  ///
  /// - Throws: what ``DurableFolder/write(_:to:)`` throws.
  func write(_ message: KeptMessage, as id: UInt64) throws { try folder.write(message, to: String(id)) }

  /// Removes a message's file. That is on the disk when this returns.
  ///
  /// - Throws: `Failed`, naming the folder.
  func remove(_ id: UInt64) throws { try folder.remove(String(id)) }
}
