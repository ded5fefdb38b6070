internal import GBus
internal import MessengerContract

/// The callers behind the connections to the bus. The bus is asked once for each connection. The answer stays right: a
/// connection's credentials never change, and a bus never gives the same unique name twice (D-Bus Specification, Bus
/// Names).
@MainLoop
final class CallerRegistry {
  /// How many connections are remembered. The one that was identified first is forgotten first. No signal is used to
  /// forget connections, because the bus would then wake msgd whenever any program leaves.
  private static let capacity = 256

  private let identify: @MainLoop (String) async throws -> Caller
  private var callers: [String: SharedTask<Caller>] = [:]
  /// The callers whose identity is known.
  private var identified: [String: Caller] = [:]
  private var order: [String] = []

  /// - Parameter identify: asks the bus for a connection's credentials.
  init(identify: @escaping @MainLoop @Sendable (String) async throws -> Caller) { self.identify = identify }

  /// Returns the caller behind a connection, if it is known.
  func known(_ busName: String) -> Caller? { identified[busName] }

  /// Returns the caller behind a connection. Calls that come while the bus is asked share its answer.
  ///
  /// - Parameter busName: the connection's unique name.
  /// - Returns: the caller.
  /// - Throws: what `identify` threw. The next call asks again.
  func caller(_ busName: String) async throws -> Caller {
    if let known = callers[busName] { return try await known.value }
    let question = SharedTask { [identify] in try await identify(busName) }
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

  /// The error for a caller whom the bus does not identify in time. The bus's answer comes after everything else that
  /// it has for msgd.
  private static let unanswered = MessengerError(
    .unavailable, "the system bus does not say in time who calls, for it has too much to do: try again later")

  /// Forgets only callers who are already identified. A question is kept until it is answered, however many have called
  /// since, because otherwise its call would have been wasted.
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
