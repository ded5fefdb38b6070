internal import DurableFiles
internal import MessengerContract

/// A folder with a file for each kept message. Its functions block.
protocol KeptMessageFolder: Sendable {
  /// What tells the files apart.
  associatedtype Key: Hashable, Sendable, CustomStringConvertible
  /// What is found in the folder.
  associatedtype Content: Sendable

  /// Its path.
  var path: String { get }

  /// Reads the folder. Files that were being written when msgd was killed are removed.
  ///
  /// - Throws: `Failed`, naming the folder.
  func read() throws -> Content

  /// Writes a message's file, instead of the one that is there. It is on the disk when this returns.
  ///
  /// - Throws: `Failed`, naming the folder.
  func write(_ message: KeptMessage, as key: Key) throws

  /// Removes a message's file. That is on the disk when this returns.
  ///
  /// - Throws: `Failed`, naming the folder.
  func remove(_ key: Key) throws
}

extension DurableFolder {
  /// The largest file of a message that is read, in bytes: more than the longest body of all and a thousand deliveries
  /// have.
  private static let largestMessage = 4 << 20

  /// Reads a message.
  ///
  /// - Throws: `Failed`, with the reason alone.
  func message(_ id: UInt64, in file: String) throws -> KeptMessage {
    let bytes = try read(file, upTo: Self.largestMessage + 1)
    guard bytes.count <= Self.largestMessage else { throw MessengerError(.failed, "it is too large") }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw MessengerError(.failed, "it is not UTF-8") }
    guard let message = KeptMessage(id: id, text: text) else {
      throw MessengerError(.failed, "it is damaged, or of another version of msgd")
    }
    return message
  }

  /// Writes a message.
  ///
  /// - Throws: what ``write(_:to:attempt:)`` throws; `Failed` if the file would be too large to be read.
  func write(_ message: KeptMessage, to file: String) throws {
    let bytes = Array(message.text.utf8)
    guard bytes.count <= Self.largestMessage else {
      throw MessengerError(.failed, "the message and its deliveries are too large to be kept")
    }
    try write(bytes, to: file, attempt: .random(in: .min ... .max))
  }
}
