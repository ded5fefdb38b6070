import Glibc

/// A thread that does one piece of work, and then ends. Nobody joins it.
package enum WorkThread {
  /// Starts one. It runs beside the caller, who isn't told of its end.
  ///
  /// - Throws: a ``SystemError`` where there is no thread to be had. The work isn't done then.
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

  /// What C can carry.
  private final class Box: Sendable {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }
}
