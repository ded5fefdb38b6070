internal import GBus
internal import MessengerContract

/// A window of a program, from its opening to its closing.
///
/// The user's own service manager starts the program that shows it, as the user and with the session's environment.
/// msgd runs nothing. What the service manager says about the window's end, and what comes through the pipe that the
/// program gets for its output, is the user's word, just like a click on a popup.
@MainLoop
final class ProgramWindow: PopupWindow {
  /// Called when the window no longer matters.
  var onForgotten: (@MainLoop () -> Void)?

  let unit: String
  private let content: WindowContent
  private let connection: Connection
  private let closesBy: Deadline?
  private let onEnd: @MainLoop (WindowEnd) -> Void
  private var programs: ArraySlice<WindowProgram>
  private var program: WindowProgram?
  /// The name of the unit that runs the program.
  private var name = ""
  private var pipe: OutputPipe?
  private var subscription: Subscription?
  private var standing: Timer?
  private var isStanding = false
  private var waiters: [CheckedContinuation<Void, Never>] = []

  /// How many windows there have been. A unit's name is never used again, because the old unit may still be ending.
  private static var opened = 0
  /// Tells this process's units from those of an earlier one, which may have had a window for the same message.
  private static let process = String(UInt32.random(in: .min ... .max), radix: 16)

  /// How long the service manager may take to accept a unit.
  private static let startTimeout: Duration = .seconds(5)
  /// How long a program may take to fail if it can't open a window.
  private static let settlingDelay: Duration = .milliseconds(400)
  /// How much longer than its popup a window stays if nobody closes it.
  private static let margin: Duration = .seconds(1)
  /// The most bytes that a program may print: the longest answer and the exit status.
  private static let outputLimit = AnswerRules.answerLength * 4 + 1024

  /// Makes a window that isn't open yet.
  ///
  /// - Parameters:
  ///   - content: what it shows and asks.
  ///   - connection: the connection to the user's bus.
  ///   - closesBy: the time by which it is closed, if necessary by the service manager.
  ///   - onEnd: called once, unless ``close(deadline:)`` is called before.
  init(
    _ content: WindowContent, connection: Connection, closesBy: Deadline?,
    onEnd: @escaping @MainLoop (WindowEnd) -> Void
  ) {
    self.content = content
    self.connection = connection
    self.closesBy = closesBy
    self.onEnd = onEnd
    Self.opened += 1
    unit = "\(content.unit)-\(Self.process)-\(Self.opened)"
    programs = content.programs[...]
  }

  /// Opens the window. May be called once.
  func open() {
    subscription = connection.follow(
      SignalFilter(
        sender: UserManager.remote.destination, interface: UserManager.remote.interface, member: "JobRemoved")
    ) { [weak self] signal in
      guard let self, signal.arguments.count == 4, signal.arguments[2].string == name else { return }
      jobRemoved(signal.arguments[3].string ?? "")
    }
    startNext(after: "there is no program for it")
  }

  /// The name of the unit for a program.
  nonisolated static func name(of unit: String, _ program: WindowProgram.Name) -> String {
    "\(unit)-\(program).service"
  }

  func untilItStands() async -> Bool {
    if !isStanding, subscription != nil { await withCheckedContinuation { waiters.append($0) } }
    return isStanding && subscription != nil
  }

  private func resumeWaiters() {
    let waiters = waiters
    self.waiters = []
    for waiter in waiters { waiter.resume() }
  }

  /// Closes the window. Returns when the service manager has answered or the deadline has passed.
  func close(deadline: Deadline) async {
    guard forget() else { return }
    _ = try? await connection.call(UserManager.remote, "StopUnit", stopping, deadline: deadline)
  }

  /// Closes the window without waiting.
  func close() {
    if forget() { connection.post(UserManager.remote, "StopUnit", stopping) }
  }

  /// Notes that nobody reports the window's end any more.
  func managerLeft() { end(.failed("the user's service manager left")) }

  private var stopping: [Value] { [.string(name), .string("replace")] }

  private func startNext(after failure: String) {
    guard subscription != nil else { return }  // closed meanwhile
    guard let program = programs.popFirst() else { return end(.failed(failure)) }
    self.program = program
    standing?.cancel()
    isStanding = false
    name = Self.name(of: unit, program.name)
    let name = name
    MainLoop.task {
      guard self.subscription != nil else { return }  // closed meanwhile
      do {
        try await self.start(program)
        if self.name == name { self.standLater() }
      } catch {
        // If the unit has ended meanwhile, the next program has begun.
        if self.name == name { self.startFailed(error, of: program) }
      }
    }
  }

  private func standLater() {
    guard subscription != nil else { return }
    standing = Timer(at: .after(Self.settlingDelay)) { [weak self] in
      self?.isStanding = true
      self?.resumeWaiters()
    }
  }

  private func startFailed(_ error: any Error, of program: WindowProgram) {
    switch error {
    case BusError.remote(_, let message):
      startNext(after: "\(program.name) could not be started: \(Quotation(message))")
    case BusError.local(let reason): end(.failed(reason))
    // It may start the program yet.
    default: cut("the user's service manager does not answer")
    }
  }

  private func start(_ program: WindowProgram) async throws {
    let lifetime = closesBy.map { $0 - .now + Self.margin }
    let noOthers = Value.array(of: "(sa(sv))", [])
    let arguments = [
      .string(name), .string("fail"), content.properties(of: program, lifetime: lifetime), noOthers,
    ]
    let call = try PreparedCall(UserManager.remote, "StartTransientUnit", arguments, passing: try writer())
    _ = try await connection.call(call, deadline: .after(Self.startTimeout))
  }

  /// Makes the pipe for the program's output, if that matters.
  private func writer() throws -> Descriptor? {
    pipe?.close()
    pipe = nil
    guard content.isAsking else { return nil }
    guard connection.passesDescriptors else {
      throw BusError.local("the session bus passes no file descriptors, without which no answer comes")
    }
    let pipe = try OutputPipe(limit: Self.outputLimit)
    self.pipe = pipe
    pipe.onExcess = { [weak self] in
      if let self { cut("\(name) printed more than \(Self.outputLimit) bytes") }
    }
    return pipe.takeWriter()
  }

  /// Handles the end of the start job, which for a `oneshot` unit is the end of its program (systemd, `JobRemoved`).
  private func jobRemoved(_ result: String) {
    guard let program else { return }
    guard result == "done" || result == "failed" else {
      return end(.failed("\(name) was ended (\(Quotation(result)))"))
    }
    if let end = outcome(of: program, hasFailed: result == "failed") { return self.end(end) }
    startNext(after: "\(name) failed")
  }

  private func outcome(of program: WindowProgram, hasFailed: Bool) -> WindowEnd? {
    guard content.isAsking else { return program.end(hasFailed: hasFailed, mayBeClosed: isFirst) }
    guard let output = pipe?.drain() else { return nil }
    return program.end(of: content.kind, output: output, mayBeClosed: isStanding)
  }

  /// Whether no other program was tried before. If another one failed, this one failed too.
  private var isFirst: Bool { programs.count == content.programs.count - 1 }

  private func end(_ end: WindowEnd) {
    if forget() { onEnd(end) }
  }

  /// Closes the window, which has failed.
  private func cut(_ reason: String) {
    guard forget() else { return }
    connection.post(UserManager.remote, "StopUnit", stopping)
    onEnd(.failed(reason))
  }

  /// Stops following the window.
  ///
  /// - Returns: whether the window mattered until now.
  private func forget() -> Bool {
    pipe?.close()
    pipe = nil
    guard let subscription else { return false }
    connection.cancel(subscription)
    self.subscription = nil
    standing?.cancel()
    resumeWaiters()
    onForgotten?()
    return true
  }
}
