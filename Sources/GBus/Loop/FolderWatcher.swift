internal import Glibc

/// Watches a folder for files that are made, replaced or removed in it (`inotify(7)`). The folder need not exist yet:
/// its parent is watched, too, and must exist.
@MainLoop
public final class FolderWatcher {
  /// The kernel's events for files that another process has written to their end, has renamed, or has removed.
  /// `IN_CREATE` is for the folder itself; of a file it comes before its content.
  private static let events = UInt32(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE)

  private let folder: String
  private let inotify: Descriptor
  private let onChange: @MainLoop () -> Void

  /// Begins to watch.
  ///
  /// - Parameters:
  ///   - folder: the folder's path, absolute and without a slash at its end.
  ///   - onChange: called after each change, and perhaps when there was none.
  /// - Throws: ``BusError/local(_:)`` if the kernel refuses, or the folder's parent doesn't exist.
  public init(_ folder: String, onChange: @escaping @MainLoop () -> Void) throws {
    self.folder = folder
    self.onChange = onChange
    inotify = Descriptor(taking: inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)))
    let parent = folder.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    guard inotify.number >= 0, add(parent.isEmpty ? "/" : parent) else { throw Self.failure(parent) }
    watchFolder()
    guard DescriptorWatcher.shared.watch(inotify.number, for: .readable, { [weak self] _ in self?.read() }) else {
      throw Self.failure(folder)
    }
  }

  /// Stops watching.
  public func close() { DescriptorWatcher.shared.forget(inotify.number) }

  private static func failure(_ path: String) -> BusError {
    .local("can't watch \(path): \(String(cString: strerror(errno)))")
  }

  private func add(_ path: String) -> Bool { inotify_add_watch(inotify.number, path, Self.events) >= 0 }

  /// Watches the folder if it exists. The kernel knows a folder that is watched already.
  private func watchFolder() { _ = add(folder) }

  /// Drops what the events say: whoever is told looks for themselves.
  private func read() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    var hasEvents = false
    while Glibc.read(inotify.number, &buffer, buffer.count) > 0 { hasEvents = true }
    guard hasEvents else { return }
    watchFolder()
    onChange()
  }
}
