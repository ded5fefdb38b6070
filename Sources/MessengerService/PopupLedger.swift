internal import GBus
internal import Glibc

/// The popups that stand, noted in a folder that outlives a crash of this process but not the machine's boot.
///
/// An entry is a symbolic link that leads nowhere and whose target is the text: one system call makes it, whole or not at all,
/// and one takes it away.
@MainLoop
final class PopupLedger {
  /// An entry's name; it is given once.
  typealias Entry = UInt64

  /// What was noted by the msgd before, and never struck out.
  let leftBehind: [(entry: Entry, popup: StandingPopup)]

  private let folder: String?
  private var next: Entry

  /// Reads what is left of before.
  ///
  /// - Parameter folder: where the notes are, this process's own; without one nothing is noted.
  nonisolated init(folder: String?) {
    self.folder = folder
    let entries = folder.map(Self.entries) ?? []
    leftBehind = entries.compactMap { entry in
      folder.flatMap { Self.text(at: "\($0)/\(entry)") }.flatMap(StandingPopup.init).map { (entry, $0) }
    }
    next = (entries.max() ?? 0) + 1
  }

  /// Notes a popup. Where the folder takes no more, the popup does without.
  ///
  /// - Returns: its entry, to be struck out when the popup is gone.
  func enter(_ popup: StandingPopup) -> Entry {
    defer { next += 1 }
    if let folder { symlink(popup.text, "\(folder)/\(next)") }
    return next
  }

  /// Forgets a popup.
  func strike(_ entry: Entry) {
    if let folder { unlink("\(folder)/\(entry)") }
  }

  private nonisolated static func entries(in folder: String) -> [Entry] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while let item = readdir(stream) {
      let name = withUnsafePointer(to: &item.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let entry = Entry(name) { entries.append(entry) }
    }
    return entries.sorted()
  }

  private nonisolated static func text(at path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
