extension BoundedConnection {
  /// Makes a call and waits for its answer: the values that it returns.
  ///
  /// - Parameters:
  ///   - call: the call.
  ///   - deadline: until when an answer counts.
  ///   - answered: called with the answer before any message is looked at that came in after it.
  /// - Returns: the values of the answer.
  /// - Throws: ``BusError``; ``BusError/timedOut`` at the deadline.
  public func call(
    _ call: PreparedCall, deadline: Deadline, answered: @escaping @MainLoop (Answer) -> Void = { _ in }
  ) async throws -> [Value] {
    try await ask(call, answered: answered).answer(by: deadline)
  }

  /// Makes a call, together with what else is sent now, whose answer is to be waited for later.
  ///
  /// - Parameters:
  ///   - call: the call.
  ///   - answered: called with the answer before any message is looked at that came in after it.
  /// - Returns: what waits.
  public func ask(
    _ call: PreparedCall, answered: @escaping @MainLoop (Answer) -> Void = { _ in }
  ) -> Question {
    let answer = Once<[Value]>()
    if let ending {
      answer.resume(.failure(ending))
      return Question(answer: answer) {}
    }
    let serial = send(call)
    calls[serial] = { result in
      if case .success(let answer) = result { answered(answer) }
      answer.resume(result.map(\.arguments).mapError { $0 })
    }
    return Question(answer: answer) { [weak self] in self?.calls[serial] = nil }
  }

  /// A call that was made.
  @MainLoop
  public struct Question {
    fileprivate let answer: Once<[Value]>
    fileprivate let forget: @MainLoop () -> Void

    /// Waits for the answer; to be called once.
    ///
    /// - Returns: its values.
    /// - Throws: ``BusError``; ``BusError/timedOut`` at the deadline.
    public func answer(by deadline: Deadline) async throws -> [Value] {
      defer { forget() }
      return try await answer.value(deadline: deadline)
    }
  }

  /// The same, of one of a remote's methods.
  ///
  /// - Throws: ``BusError``, likewise; ``BusError/local(_:)`` where D-Bus can't carry a name or an argument.
  public func call(
    _ remote: Remote, _ method: String, _ arguments: [Value] = [], deadline: Deadline,
    answered: @escaping @MainLoop (Answer) -> Void = { _ in }
  ) async throws -> [Value] {
    try await call(PreparedCall(remote, method, arguments), deadline: deadline, answered: answered)
  }

  /// Calls a method without asking for an answer. What D-Bus can't carry is not sent.
  public func post(_ remote: Remote, _ method: String, _ arguments: [Value] = []) {
    if let call = try? PreparedCall(remote, method, arguments) { post(call) }
  }

  /// Calls a method, and then `done`, once: when there is an answer, be it an error, at the deadline, or when the connection ends.
  public func request(
    _ remote: Remote, _ method: String, _ arguments: [Value], deadline: Deadline, done: @escaping @MainLoop () -> Void
  ) {
    guard ending == nil, let call = try? PreparedCall(remote, method, arguments) else {
      MainLoop.task { done() }
      return
    }
    let serial = send(call)
    let timer = Timer(at: deadline) { [weak self] in self?.calls.removeValue(forKey: serial)?(.failure(.timedOut)) }
    calls[serial] = { _ in
      timer.cancel()
      done()
    }
  }

  /// Makes a call without asking for an answer.
  public func post(_ call: PreparedCall) { _ = send(call.withoutAnswer) }

  /// Asks the bus for the signals that a match rule describes (D-Bus Specification, Match Rules), from the next message on.
  public func addMatch(_ rule: String) { post(.bus, "AddMatch", [.string(rule)]) }

  /// Takes ``addMatch(_:)`` back: once for each time.
  public func removeMatch(_ rule: String) { post(.bus, "RemoveMatch", [.string(rule)]) }

  func send(_ call: PreparedCall) -> UInt32 {
    serial = serial == .max ? 1 : serial + 1
    var call = call
    call.withBytes(serial: serial) { socket.send($0) }
    return serial
  }
}
