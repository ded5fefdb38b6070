extension Connection {
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
    if let fault = fault(of: call) {
      answer.resume(.failure(fault))
      return Question(answer: answer) {}
    }
    let serial = send(call.message)
    if call.takesDescriptors, bounds.passesDescriptors { socket.awaited.calls.insert(serial) }
    calls[serial] = { result in
      if case .success(let answer) = result { answered(answer) }
      answer.resume(result.map(\.arguments).mapError { $0 })
    }
    return Question(answer: answer) { [weak self] in _ = self?.forgetCall(serial) }
  }

  /// Why a call can't be made.
  private func fault(of call: PreparedCall) -> BusError? {
    let isTooMuch = call.message.descriptor != nil && !bounds.passesDescriptors
    return ending ?? (isTooMuch ? .local("the bus passes no file descriptors") : nil)
  }

  /// Waits no more for the answer to a call.
  ///
  /// - Returns: what the answer would go to.
  func forgetCall(_ serial: UInt32) -> (@MainLoop (Result<Answer, BusError>) -> Void)? {
    socket.awaited.calls.remove(serial)
    return calls.removeValue(forKey: serial)
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
  /// - Parameters:
  ///   - remote: whose method.
  ///   - method: its name.
  ///   - arguments: what it is called with.
  ///   - deadline: until when an answer counts.
  ///   - answered: called with the answer before any message is looked at that came in after it.
  /// - Returns: the values of the answer.
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

  /// Calls a method, and then `done`, once: when there is an answer, be it an error, at the deadline, or when the
  /// connection ends.
  public func request(
    _ remote: Remote, _ method: String, _ arguments: [Value], deadline: Deadline, done: @escaping @MainLoop () -> Void
  ) {
    guard ending == nil, let call = try? PreparedCall(remote, method, arguments) else {
      MainLoop.task { done() }
      return
    }
    let serial = send(call.message)
    let timer = Timer(at: deadline) { [weak self] in self?.forgetCall(serial)?(.failure(.timedOut)) }
    calls[serial] = { _ in
      timer.cancel()
      done()
    }
  }

  /// Makes a call without asking for an answer.
  public func post(_ call: PreparedCall) {
    if fault(of: call) == nil { send(call.withoutAnswer.message) }
  }

  /// Asks for a well-known name without queueing for it.
  ///
  /// - Returns: whether the name is this connection's now.
  public func requestName(_ name: String, deadline: Deadline) async throws -> Bool {
    let doNotQueue: UInt32 = 4
    let primaryOwner: UInt32 = 1
    let alreadyOwner: UInt32 = 4
    let answer = try await call(.bus, "RequestName", [.string(name), .uint32(doNotQueue)], deadline: deadline)
    return [primaryOwner, alreadyOwner].contains(answer.first?.uint32)
  }

  /// Gives a well-known name back. Calls to it that came before are taken before this returns: see ``callsUnderWay``.
  public func releaseName(_ name: String, deadline: Deadline) async throws {
    _ = try await call(.bus, "ReleaseName", [.string(name)], deadline: deadline)
  }
}
