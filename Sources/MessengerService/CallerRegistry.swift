internal import GBus

/// Who the connections to the bus are. The bus is asked once for each: its credentials never change, and a bus gives no
/// unique name twice (D-Bus Specification, Bus Names), so that what was learnt is never wrong.
@MainLoop
final class CallerRegistry {
  /// So many connections are remembered, those that called first are forgotten first. It takes no signal to forget
  /// them, for which the bus would wake msgd whenever any program leaves it.
  private static let capacity = 256

  private let identify: @MainLoop (String) async throws -> Caller
  private var callers: [String: Task<Caller, any Error>] = [:]
  /// What came of it.
  private var identified: [String: Caller] = [:]
  private var order: [String] = []

  /// - Parameter identify: asks the bus.
  init(identify: @escaping @MainLoop @Sendable (String) async throws -> Caller) { self.identify = identify }

  /// Who a connection is, where that is known.
  func known(_ busName: String) -> Caller? { identified[busName] }

  /// Who a connection is. Calls that come while the bus is asked share its answer.
  ///
  /// - Parameter busName: the connection's unique name.
  /// - Returns: the caller.
  /// - Throws: what asking threw; who calls later asks again.
  func caller(_ busName: String) async throws -> Caller {
    if let known = callers[busName] { return try await known.value }
    let question = MainLoop.task { [identify] in try await identify(busName) }
    remember(question, as: busName)
    do {
      let caller = try await question.value
      if callers[busName] == question { identified[busName] = caller }
      return caller
    } catch {
      if callers[busName] == question { forget(busName) }
      throw error
    }
  }

  private func remember(_ question: Task<Caller, any Error>, as busName: String) {
    if order.count == Self.capacity { forget(order[0]) }
    callers[busName] = question
    order.append(busName)
  }

  private func forget(_ busName: String) {
    callers[busName] = nil
    identified[busName] = nil
    order.removeAll { $0 == busName }
  }
}
