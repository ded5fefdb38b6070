internal import CGIO

/// GIO's way to cancel an operation, tied to the Swift task that waits for it.
///
/// Unchecked, because the pointer is to a `GCancellable`, which may be used from any thread (GIO's reference).
final class Cancellable: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<GCancellable>?

  init() { pointer = g_cancellable_new() }

  deinit { g_object_unref(pointer) }

  func cancel() { g_cancellable_cancel(pointer) }
}

/// Waits for an asynchronous operation of GIO's that ends with `GAsyncReadyCallback`.
///
/// `start` gets the cancellable, which the task's cancellation triggers, and the `user_data` for a callback that resumes with
/// ``Completion``.
@MainLoop
func awaitCompletion<Success: Sendable>(
  with cancellable: Cancellable = Cancellable(), _ start: @MainLoop (Cancellable, gpointer) -> Void
) async throws -> Success {
  try await withTaskCancellationHandler {
    try await withCheckedThrowingContinuation { (continuation: Completion<Success>) in
      start(cancellable, Box(continuation).retainedPointer())
    }
  } onCancel: {
    cancellable.cancel()
  }
}

/// What a callback of GIO's resumes.
typealias Completion<Success: Sendable> = CheckedContinuation<Success, any Error>
