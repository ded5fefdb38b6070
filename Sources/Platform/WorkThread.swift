import Glibc

/// A thread that does one piece of work and ends. It is detached.
package enum WorkThread {
  /// Starts the work on a new thread. The caller isn't told when it ends.
  ///
  /// - Throws: a ``SystemError`` if no thread can be started. Then the work isn't done.
  package static func start(_ work: @escaping @Sendable () -> Void) throws(SystemError) {
    let box = Unmanaged.passRetained(Box(work))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer else { return nil }
        Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().work()
        return nil
      }, box.toOpaque())
    guard failure == 0 else {
      box.release()
      throw SystemError("pthread_create", failure)
    }
    pthread_detach(thread)
  }

  /// Carries the work through C.
  private final class Box: Sendable {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }
}
