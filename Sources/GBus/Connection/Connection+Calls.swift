extension Connection {
  /// Makes a call, and waits for the values that it returns.
  ///
  /// - Parameters:
  ///   - call: the call.
  ///   - deadline: the time until which an answer counts.
  ///   - answered: called with the answer before any later message is handled.
  /// - Returns: the values of the answer.
  /// - Throws: ``BusError``; ``BusError/timedOut`` at the deadline.
  public func call(
    _ call: PreparedCall, deadline: Deadline, answered: @escaping @MainLoop (Answer) -> Void = { _ in }
  ) async throws -> [Value] {
    try await ask(call, answered: answered).answer(by: deadline)
  }

  /// Makes a call whose answer is awaited later. It goes out together with everything else that is sent now.
  ///
  /// - Parameters:
  ///   - call: the call.
  ///   - answered: called with the answer before any later message is handled.
  /// - Returns: the question, which can wait for the answer.
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

  /// Returns why a call can't be made; nil if it can.
  private func fault(of call: PreparedCall) -> BusError? {
    let isTooMuch = call.message.descriptor != nil && !bounds.passesDescriptors
    return ending ?? (isTooMuch ? .local("the bus passes no file descriptors") : nil)
  }

  /// Stops waiting for the answer to a call.
  ///
  /// - Returns: the function that would have received the answer.
  func forgetCall(_ serial: UInt32) -> (@MainLoop (Result<Answer, BusError>) -> Void)? {
    socket.awaited.calls.remove(serial)
    return calls.removeValue(forKey: serial)
  }

  /// A call that was made.
  @MainLoop
  public struct Question {
    fileprivate let answer: Once<[Value]>
    fileprivate let forget: @MainLoop () -> Void

    /// Waits for the answer. May be called once.
    ///
    /// - Returns: the answer's values.
    /// - Throws: ``BusError``; ``BusError/timedOut`` at the deadline.
    public func answer(by deadline: Deadline) async throws -> [Value] {
      defer { forget() }
      return try await answer.value(deadline: deadline)
    }
  }

  /// Calls a method of a remote object, and waits for the values that it returns.
  ///
  /// - Parameters:
  ///   - remote: the object and its interface.
  ///   - method: the method's name.
  ///   - arguments: the method's arguments.
  ///   - deadline: the time until which an answer counts.
  ///   - answered: called with the answer before any later message is handled.
  /// - Returns: the values of the answer.
  /// - Throws: ``BusError``; ``BusError/timedOut`` at the deadline, ``BusError/local(_:)`` if D-Bus can't carry a name
  ///   or an argument.
  public func call(
    _ remote: Remote, _ method: String, _ arguments: [Value] = [], deadline: Deadline,
    answered: @escaping @MainLoop (Answer) -> Void = { _ in }
  ) async throws -> [Value] {
    try await call(PreparedCall(remote, method, arguments), deadline: deadline, answered: answered)
  }

  /// Calls a method without asking for an answer. A call that D-Bus can't carry is not sent.
  public func post(_ remote: Remote, _ method: String, _ arguments: [Value] = []) {
    if let call = try? PreparedCall(remote, method, arguments) { post(call) }
  }

  /// Calls a method, and then calls `done` once: when there is an answer, even an error, at the deadline, or when the
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

  /// Requests a well-known name without queueing for it.
  ///
  /// - Returns: whether this connection now has the name.
  public func requestName(_ name: String, deadline: Deadline) async throws -> Bool {
    let doNotQueue: UInt32 = 4
    let primaryOwner: UInt32 = 1
    let alreadyOwner: UInt32 = 4
    let answer = try await call(.bus, "RequestName", [.string(name), .uint32(doNotQueue)], deadline: deadline)
    return [primaryOwner, alreadyOwner].contains(answer.first?.uint32)
  }

  /// Releases a well-known name. Calls to it that came before have been received when this returns: see
  /// ``callsUnderWay``.
  public func releaseName(_ name: String, deadline: Deadline) async throws {
    _ = try await call(.bus, "ReleaseName", [.string(name)], deadline: deadline)
  }
}
