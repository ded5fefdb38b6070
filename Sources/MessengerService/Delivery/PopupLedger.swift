internal import GBus
internal import Glibc
internal import Logging

/// The popups that stand, noted in a folder that outlives a crash of this process but not the machine's boot.
///
/// An entry is a symbolic link that leads nowhere and whose target is the text: one system call makes it, whole or not
/// at all, and one takes it away.
@MainLoop
final class PopupLedger {
  /// An entry's name; it is given once.
  typealias Entry = UInt64

  /// What was noted by the msgd before, and never struck out.
  let leftBehind: [(entry: Entry, popup: PopupRecord)]

  private let folder: String?
  private let logger: Logger
  private var next: Entry
  /// What stands and could not be noted.
  private var missing: [Entry: PopupRecord] = [:]

  /// Reads what is left of before.
  ///
  /// - Parameters:
  ///   - folder: where the notes are, this process's own; without one nothing is noted.
  ///   - logger: where it is told that nothing can be noted.
  nonisolated init(folder: String?, logger: Logger) {
    self.folder = folder
    self.logger = logger
    let entries = folder.map(Self.entries) ?? []
    leftBehind = entries.compactMap { entry in
      folder.flatMap { Self.text(at: "\($0)/\(entry)") }.flatMap(PopupRecord.init).map { (entry, $0) }
    }
    next = (entries.max() ?? 0) + 1
  }

  /// Notes a popup. Where the folder takes no more, that is done as soon as it does.
  ///
  /// - Returns: its entry, to be struck out when the popup is gone.
  func enter(_ popup: PopupRecord) -> Entry {
    defer { next += 1 }
    if let folder {
      let hadAll = missing.isEmpty
      missing[next] = popup
      noteMissing(in: folder, hadAll: hadAll)
    }
    return next
  }

  /// Forgets a popup.
  func strike(_ entry: Entry) {
    guard let folder else { return }
    let hadAll = missing.isEmpty
    if missing.removeValue(forKey: entry) == nil { unlink("\(folder)/\(entry)") }
    noteMissing(in: folder, hadAll: hadAll)
  }

  /// Notes what isn't yet, up to the first for which there is no room. The first time that there is none, and the first
  /// that there is again, are told.
  private func noteMissing(in folder: String, hadAll: Bool) {
    for (entry, popup) in missing.sorted(by: { $0.key < $1.key }) {
      guard symlink(popup.text, "\(folder)/\(entry)") == 0 else {
        if hadAll { tellFailure(String(cString: strerror(errno)), in: folder) }
        return
      }
      missing[entry] = nil
    }
    if !hadAll { logger.notice("all popups that stand are noted in \(folder) again") }
  }

  private func tellFailure(_ reason: String, in folder: String) {
    logger.error(
      "can't note popups in \(folder): \(reason); should msgd crash now, the next one doesn't take them away")
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
