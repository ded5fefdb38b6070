internal import DurableFiles
internal import MessengerContract

/// A folder with a file for each user who takes no messages. A file is named by the uid and contains the user name,
/// because the uid may later belong to somebody else. Its functions block.
struct MuteFolder: Sendable {
  private let folder: DurableFolder

  /// The most bytes of a name, more than any has.
  private static let longestName = 1024

  /// Makes the folder at a path: see ``DurableFolder/path``.
  init(path: String) { folder = DurableFolder(path: path, program: "msgd") }

  /// Its path.
  var path: String { folder.path }

  /// Reads the names by uid. A name is empty if its file is, as earlier versions of msgd wrote it.
  ///
  /// - Returns: the names; none if there is no folder.
  /// - Throws: `Failed`, naming the folder.
  func read() throws -> [UInt32: String] {
    var names: [UInt32: String] = [:]
    for file in try folder.files() {
      guard let uid = UInt32(file), String(uid) == file else { continue }
      names[uid] = try name(in: file)
    }
    return names
  }

  private func name(in file: String) throws -> String {
    do {
      return String(decoding: try folder.read(file, upTo: Self.longestName), as: UTF8.self)
    } catch let error as MessengerError {
      throw MessengerError(error.code, "msgd can't read \(path): \(error.message)")
    }
  }

  /// Adds a user. The change is on the disk when this returns.
  ///
  /// - Throws: `Failed`, naming the folder.
  func add(_ uid: UInt32, named name: String) throws { try folder.write(Array(name.utf8), to: String(uid)) }

  /// Removes a user. The change is on the disk when this returns.
  ///
  /// - Throws: `Failed`, naming the folder.
  func remove(_ uid: UInt32) throws { try folder.remove(String(uid)) }
}
