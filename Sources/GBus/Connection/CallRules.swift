/// Which calls a connection takes. Each is asked before more is made of a call than its header says.
public struct CallRules: Sendable {
  /// Takes note of a call of somebody's, by their unique name.
  ///
  /// - Throws: where it is one too many.
  /// - Returns: `false` where nobody knows yet who that is: then `learn` is called, and this once more.
  public typealias Admit = @MainLoop @Sendable (String) throws -> Bool
  /// Finds out who somebody is.
  ///
  /// - Throws: where that can't be known: what they call is refused with it.
  public typealias Learn = @MainLoop @Sendable (String) async throws -> Void
  /// Looks at how large the arguments of a call of a method are, before they are unpacked.
  ///
  /// - Throws: where they are too large.
  public typealias Measure = @MainLoop @Sendable (String, [ArgumentSize]) throws -> Void
  /// What a caller is told of a fault.
  public typealias Explain = @MainLoop @Sendable (CallFault) -> any Error

  /// Takes note of an answer to somebody, of so many bytes, before it is sent.
  ///
  /// - Throws: where it is too much: that is told instead, or nothing, if that is too much, too.
  public typealias Answer = @MainLoop @Sendable (String, Int) throws -> Void

  let admit: Admit
  let learn: Learn
  let measure: Measure
  let explain: Explain
  let answer: Answer

  /// Without rules, everybody is let in, and faults have D-Bus's own names.
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
