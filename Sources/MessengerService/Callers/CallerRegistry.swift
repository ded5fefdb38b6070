internal import GBus
internal import MessengerContract

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
    callers[busName] = question
    do {
      let caller = try await question.value
      remember(caller)
      return caller
    } catch {
      callers[busName] = nil
      throw error is BusError ? Self.unanswered : error
    }
  }

  /// What a caller is told of whom the bus says nothing: its answer comes after all that it has for msgd.
  private static let unanswered = MessengerError(
    .unavailable, "the system bus does not say in time who calls, for it has too much to do: try again later")

  /// Only who is known is forgotten for others: a question is kept until it is answered, however many have called
  /// since, or its call would have been for nothing.
  private func remember(_ caller: Caller) {
    if order.count == Self.capacity {
      let first = order.removeFirst()
      callers[first] = nil
      identified[first] = nil
    }
    identified[caller.busName] = caller
    order.append(caller.busName)
  }
}
