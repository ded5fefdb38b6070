internal import Foundation
package import GBus

extension MainLoop {
  /// Runs the main loop on a thread of its own, for the rest of the process's life.
  private static let thread: Void = Thread.detachNewThread { MainLoop.run() }

  /// Runs a test on the main loop.
  package nonisolated static func test<Success: Sendable>(
    _ body: @MainLoop () async throws -> Success
  ) async rethrows -> Success {
    thread
    return try await body()
  }
}

extension Deadline {
  /// A deadline for results that come at once unless something is broken.
  package static var patient: Deadline { .after(.seconds(20)) }
}
