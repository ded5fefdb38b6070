/// The rules for incoming calls. Each rule is asked before more of a call is used than its header.
public struct CallRules: Sendable {
  /// Counts a call, given the caller's unique name.
  ///
  /// - Throws: an error if there are too many.
  /// - Returns: `false` if the caller isn't known yet. Then `learn` is called, and this once more.
  public typealias Admit = @MainLoop @Sendable (String) throws -> Bool
  /// Finds out who a caller is.
  ///
  /// - Throws: the error with which the caller's calls are refused, if it can't be found out.
  public typealias Learn = @MainLoop @Sendable (String) async throws -> Void
  /// Checks the sizes of the arguments of a method's call, before they are unpacked.
  ///
  /// - Throws: an error if they are too large.
  public typealias Measure = @MainLoop @Sendable (String, [ArgumentSize]) throws -> Void
  /// Returns the error that a caller gets for a fault.
  public typealias Explain = @MainLoop @Sendable (CallFault) -> any Error

  /// Counts an answer to a caller, by its size in bytes, before it is sent.
  ///
  /// - Throws: an error if it is too much. The error is sent instead or, if that is too much as well, nothing.
  public typealias Answer = @MainLoop @Sendable (String, Int) throws -> Void

  let admit: Admit
  let learn: Learn
  let measure: Measure
  let explain: Explain
  let answer: Answer

  /// Makes rules. By default every call is admitted, and faults have D-Bus's own names.
  public init(
    admit: @escaping Admit = { _ in true }, learn: @escaping Learn = { _ in },
    measure: @escaping Measure = { _, _ in }, explain: @escaping Explain = { $0 },
    answer: @escaping Answer = { _, _ in }
  ) {
    self.admit = admit
    self.learn = learn
    self.measure = measure
    self.explain = explain
    self.answer = answer
  }
}
