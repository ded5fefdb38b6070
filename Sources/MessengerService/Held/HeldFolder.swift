internal import DurableFiles
internal import MessengerContract

/// A folder with a file for each recipient of each held message, named by its ``HeldEntry``. Its functions block.
struct HeldFolder: KeptMessageFolder {
  /// What is found in the folder.
  struct Content: Sendable, Equatable {
    /// The messages and their recipients, in no order.
    var entries: [HeldEntry] = []
    /// The names of files that are none. They stay where they are.
    var strange: [String] = []
  }

  /// The folder.
  var folder: DurableFolder

  /// Makes the folder at a path: see ``DurableFolder/path``.
  init(path: String) { folder = DurableFolder(path: path, program: "msgd") }

  /// Its path.
  var path: String { folder.path }

  /// Finds the messages, and reads none. Files that were being written when msgd was killed are removed.
  ///
  /// - Returns: what is there; nothing if there is no folder.
  /// - Throws: `Failed`, naming the folder.
  func read() throws -> Content {
    var content = Content()
    for file in try folder.files() {
      if let entry = HeldEntry(fileName: file) {
        content.entries.append(entry)
      } else if !folder.removeUnfinished(file), file != ".", file != ".." {
        content.strange.append(file)
      }
    }
    return content
  }

  /// Reads a message.
  ///
  /// - Throws: `Failed`, with the reason alone, also if the file says something else than its name.
  func message(_ entry: HeldEntry) throws -> KeptMessage {
    let message = try folder.message(entry.id, in: entry.fileName)
    guard let hold = message.hold, hold.recipient == entry.recipient, hold.until == entry.until,
      message.sender == entry.sender
    else { throw MessengerError(.failed, "it is not what its name says") }
    return message
  }

  /// Writes a message's file for a recipient: see ``KeptMessageFolder/write(_:as:)``.
  func write(_ message: KeptMessage, as entry: HeldEntry) throws { try folder.write(message, to: entry.fileName) }

  /// Removes a message's file for a recipient: see ``KeptMessageFolder/remove(_:)``.
  func remove(_ entry: HeldEntry) throws { try folder.remove(entry.fileName) }
}
