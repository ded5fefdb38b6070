internal import CGIO
internal import Glibc

/// Watches file descriptors with one `epoll(7)` instance behind one source of GLib's default main context, for the
/// reason that ``JobQueue`` gives.
@MainLoop
final class DescriptorWatcher {
  static let shared = DescriptorWatcher()

  /// Called with the events, repeatedly as long as they persist.
  typealias Handler = @MainLoop (Events) -> Void

  /// The events of a descriptor. Errors and hang-ups are reported without being asked for.
  struct Events: OptionSet, Sendable {
    let rawValue: UInt32
    /// It has something to read, or its end.
    static let readable = Events(rawValue: EPOLLIN.rawValue)
    /// It accepts more to write.
    static let writable = Events(rawValue: EPOLLOUT.rawValue)
  }

  private static let batch = 64

  private let epoll: Int32
  /// The watches by descriptor, each with a unique number. Between an event and its handling, a descriptor may be
  /// closed and another one get its number.
  private var watches: [Int32: (number: UInt32, handler: Handler)] = [:]
  private var last: UInt32 = 0
  private var events = [epoll_event](repeating: epoll_event(), count: batch)

  /// The actions to call before anything else is done.
  private var postponed: [@MainLoop () -> Void] = []

  private init() {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    precondition(epoll >= 0, "epoll_create1 failed")  // nor could GLib do without a descriptor of its own
    g_unix_fd_add_full(
      G_PRIORITY_DEFAULT, epoll, G_IO_IN,
      { _, _, _ in
        DescriptorWatcher.shared.handleAll()
        return 1
      }, nil, nil)
    // Before anything else: when a popup's note is removed, everything sent before must have gone out.
    attachSource(
      priority: -1,
      prepare: { _, _ in DescriptorWatcher.shared.postponed.isEmpty ? 0 : 1 },
      check: { _ in DescriptorWatcher.shared.postponed.isEmpty ? 0 : 1 },
      dispatch: { _, _, _ in
        DescriptorWatcher.shared.callPostponed()
        return 1
      })
  }

  /// Calls `action` when the current work is done.
  func postpone(_ action: @escaping @MainLoop () -> Void) { postponed.append(action) }

  private func callPostponed() {
    var actions: [@MainLoop () -> Void] = []
    swap(&actions, &postponed)
    for action in actions { action() }
  }

  /// Watches a descriptor that isn't watched yet.
  ///
  /// - Returns: whether it can be watched.
  func watch(_ descriptor: Int32, for events: Events, _ handler: @escaping Handler) -> Bool {
    last &+= 1
    guard control(EPOLL_CTL_ADD, descriptor, events, last) else { return false }
    watches[descriptor] = (last, handler)
    return true
  }

  /// Changes the events for which a descriptor is watched.
  func change(_ descriptor: Int32, to events: Events) {
    guard let watch = watches[descriptor] else { return }
    _ = control(EPOLL_CTL_MOD, descriptor, events, watch.number)
  }

  /// Stops watching a descriptor. Must be called before it is closed.
  func forget(_ descriptor: Int32) {
    guard watches.removeValue(forKey: descriptor) != nil else { return }
    _ = control(EPOLL_CTL_DEL, descriptor, [], 0)
  }

  private func control(_ operation: Int32, _ descriptor: Int32, _ events: Events, _ number: UInt32) -> Bool {
    var event = epoll_event(
      events: events.rawValue, data: epoll_data(u64: UInt64(number) << 32 | UInt64(UInt32(bitPattern: descriptor))))
    return epoll_ctl(epoll, operation, descriptor, &event) == 0
  }

  /// Handles one event of each descriptor. Further ones wait for the next round.
  private func handleAll() {
    let count = epoll_wait(epoll, &events, Int32(Self.batch), 0)
    for index in 0..<Int(max(0, count)) {
      let (occurred, data) = (events[index].events, events[index].data.u64)
      guard let watch = watches[Int32(truncatingIfNeeded: data)], watch.number == UInt32(data >> 32) else { continue }
      watch.handler(Events(rawValue: occurred))
    }
  }
}
