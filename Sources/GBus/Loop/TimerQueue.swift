internal import CGIO

/// The running timers: a binary heap behind one source of GLib's default main context, for the reason that ``JobQueue``
/// gives.
@MainLoop
final class TimerQueue {
  static let shared = TimerQueue()

  /// The heap. No timer at 2n + 1 or 2n + 2 is due before the one at n. Each timer knows its own place, so that it can
  /// be found when it is cancelled.
  private var heap: [Timer] = []

  private init() {
    attachSource(
      prepare: { _, timeout in
        let milliseconds = TimerQueue.shared.timeout
        timeout?.pointee = milliseconds
        return milliseconds == 0 ? 1 : 0
      }, check: { _ in TimerQueue.shared.timeout == 0 ? 1 : 0 },
      dispatch: { _, _, _ in
        TimerQueue.shared.fireAll()
        return 1
      })
  }

  func insert(_ timer: Timer) {
    heap.append(timer)
    rise(timer, from: heap.count - 1)
  }

  func remove(_ timer: Timer) {
    guard let place = timer.place else { return }
    timer.place = nil
    let last = heap.removeLast()
    guard last !== timer else { return }
    rise(last, from: place)
    if let place = last.place { sink(last, from: place) }
  }

  /// How long the context may sleep, in milliseconds; -1 = without limit.
  private var timeout: Int32 {
    guard let first = heap.first else { return -1 }
    let now = Deadline.now
    return first.deadline <= now ? 0 : first.deadline.milliseconds(from: now)
  }

  /// Fires the timers that are due, in order.
  private func fireAll() {
    let now = Deadline.now
    while let first = heap.first, first.deadline <= now {
      remove(first)
      first.fire()
    }
  }

  private func rise(_ timer: Timer, from place: Int) {
    var place = place
    while place > 0, timer.deadline < heap[(place - 1) / 2].deadline {
      put(heap[(place - 1) / 2], at: place)
      place = (place - 1) / 2
    }
    put(timer, at: place)
  }

  private func sink(_ timer: Timer, from place: Int) {
    var place = place
    while let child = earliest(below: place), heap[child].deadline < timer.deadline {
      put(heap[child], at: place)
      place = child
    }
    put(timer, at: place)
  }

  /// Returns the earlier of the two places below another.
  private func earliest(below place: Int) -> Int? {
    let (left, right) = (2 * place + 1, 2 * place + 2)
    guard right < heap.count else { return left < heap.count ? left : nil }
    return heap[right].deadline < heap[left].deadline ? right : left
  }

  private func put(_ timer: Timer, at place: Int) {
    heap[place] = timer
    timer.place = place
  }
}
