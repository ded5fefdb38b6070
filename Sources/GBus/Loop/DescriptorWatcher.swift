internal import CGIO
internal import Glibc

/// Watches file descriptors by one `epoll(7)` instance behind one source of GLib's default main context, for the reason
/// that ``JobQueue`` has.
@MainLoop
final class DescriptorWatcher {
  static let shared = DescriptorWatcher()

  /// Called with what is the matter, again and again for as long as it is.
  typealias Handler = @MainLoop (Events) -> Void

  /// What may be the matter with a descriptor. An error and a hang-up are told without being asked for.
  struct Events: OptionSet, Sendable {
    let rawValue: UInt32
    /// It has something to read, or its end.
    static let readable = Events(rawValue: EPOLLIN.rawValue)
    /// It takes something more.
    static let writable = Events(rawValue: EPOLLOUT.rawValue)
  }

  private static let batch = 64

  private let epoll: Int32
  /// By descriptor, with a number that no other one has: a descriptor may be closed, and another one have its number,
  /// between an event and its handling.
  private var watches: [Int32: (number: UInt32, handler: Handler)] = [:]
  private var last: UInt32 = 0
  private var events = [epoll_event](repeating: epoll_event(), count: batch)

  /// What is to be called before anything else is done.
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
    // Before anything else: what was sent before a note is struck out has gone out when it is.
    attachSource(
      priority: -1,
      prepare: { _, _ in DescriptorWatcher.shared.postponed.isEmpty ? 0 : 1 },
      check: { _ in DescriptorWatcher.shared.postponed.isEmpty ? 0 : 1 },
      dispatch: { _, _, _ in
        DescriptorWatcher.shared.callPostponed()
        return 1
      })
  }

  /// Calls `action` when what is going on now is done.
  func postpone(_ action: @escaping @MainLoop () -> Void) { postponed.append(action) }

  private func callPostponed() {
    var actions: [@MainLoop () -> Void] = []
    swap(&actions, &postponed)
    for action in actions { action() }
  }

  /// Watches a descriptor that isn't watched yet.
  ///
  /// - Returns: whether it can be.
  func watch(_ descriptor: Int32, for events: Events, _ handler: @escaping Handler) -> Bool {
    last &+= 1
    guard control(EPOLL_CTL_ADD, descriptor, events, last) else { return false }
    watches[descriptor] = (last, handler)
    return true
  }

  /// Watches it for something else.
  func change(_ descriptor: Int32, to events: Events) {
    guard let watch = watches[descriptor] else { return }
    _ = control(EPOLL_CTL_MOD, descriptor, events, watch.number)
  }

  /// Watches it no more. To be called before it is closed.
  func forget(_ descriptor: Int32) {
    guard watches.removeValue(forKey: descriptor) != nil else { return }
    _ = control(EPOLL_CTL_DEL, descriptor, [], 0)
  }

  private func control(_ operation: Int32, _ descriptor: Int32, _ events: Events, _ number: UInt32) -> Bool {
    var event = epoll_event(
      events: events.rawValue, data: epoll_data(u64: UInt64(number) << 32 | UInt64(UInt32(bitPattern: descriptor))))
    return epoll_ctl(epoll, operation, descriptor, &event) == 0
  }

  /// Once for each: who has more waits for the next time around.
  private func handleAll() {
    let count = epoll_wait(epoll, &events, Int32(Self.batch), 0)
    for index in 0..<Int(max(0, count)) {
      let (occurred, data) = (events[index].events, events[index].data.u64)
      guard let watch = watches[Int32(truncatingIfNeeded: data)], watch.number == UInt32(data >> 32) else { continue }
      watch.handler(Events(rawValue: occurred))
    }
  }
}
