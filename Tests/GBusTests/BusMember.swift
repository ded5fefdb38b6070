import GBus
import TestSupport

/// What both sorts of connections have in common.
@MainLoop
protocol BusMember: AnyObject {
  var uniqueName: String { get }
  var isClosed: Bool { get }
  var onClosed: (@MainLoop () -> Void)? { get set }
  func answer(of remote: Remote, to method: String, _ arguments: [Value]) async throws -> [Value]
}

extension BusMember {
  func answer(of remote: Remote, to method: String) async throws -> [Value] {
    try await answer(of: remote, to: method, [])
  }
}

extension Connection: BusMember {
  func answer(of remote: Remote, to method: String, _ arguments: [Value]) async throws -> [Value] {
    try await call(remote, method, arguments, deadline: .patient)
  }
}

extension BoundedConnection: BusMember {
  func answer(of remote: Remote, to method: String, _ arguments: [Value]) async throws -> [Value] {
    try await call(remote, method, arguments, deadline: .patient)
  }
}
