internal import GBus
internal import Glibc
internal import Logging

/// Notes of the popups that stand, in a folder that outlives a crash of this process but not a reboot.
///
/// An entry is a symbolic link whose target is the note's text and doesn't exist as a file. One system call makes an
/// entry, entirely or not at all, and one removes it.
@MainLoop
final class PopupLedger {
  /// The name of an entry, which is never reused.
  typealias Entry = UInt64

  /// The notes of the previous msgd that it never removed.
  let leftBehind: [(entry: Entry, popup: PopupRecord)]

  private let folder: String?
  private let logger: Logger
  private var next: Entry
  /// The popups that stand but could not be noted.
  private var missing: [Entry: PopupRecord] = [:]

  /// Reads the notes that are left.
  ///
  /// - Parameters:
  ///   - folder: the folder for this process's notes; nil if nothing is to be noted.
  ///   - logger: receives a line when popups can't be noted.
  nonisolated init(folder: String?, logger: Logger) {
    self.folder = folder
    self.logger = logger
    let entries = folder.map(Self.entries) ?? []
    leftBehind = entries.compactMap { entry in
      folder.flatMap { Self.text(at: "\($0)/\(entry)") }.flatMap(PopupRecord.init).map { (entry, $0) }
    }
    next = (entries.max() ?? 0) + 1
  }

  /// Notes a popup. If the folder has no room, the popup is noted as soon as it has.
  ///
  /// - Returns: its entry, to be removed when the popup is gone.
  func enter(_ popup: PopupRecord) -> Entry {
    defer { next += 1 }
    if let folder {
      let hadAll = missing.isEmpty
      missing[next] = popup
      noteMissing(in: folder, hadAll: hadAll)
    }
    return next
  }

  /// Removes a popup's note.
  func strike(_ entry: Entry) {
    guard let folder else { return }
    let hadAll = missing.isEmpty
    if missing.removeValue(forKey: entry) == nil { unlink("\(folder)/\(entry)") }
    noteMissing(in: folder, hadAll: hadAll)
  }

  /// Notes the popups that could not be noted yet, up to the first for which there is no room. The log says when room
  /// first runs out, and when there is room again.
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
