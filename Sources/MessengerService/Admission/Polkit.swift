internal import GBus
internal import MessengerContract

/// Asks polkit (polkit(8)) over D-Bus whether a caller may do something.
@MainLoop
final class Polkit {
  private static let authority = Remote(
    destination: "org.freedesktop.PolicyKit1", path: "/org/freedesktop/PolicyKit1/Authority",
    interface: "org.freedesktop.PolicyKit1.Authority")

  private let connection: Connection
  private let timeout: Duration
  private let dialogueTimeout: Duration
  /// Limits the questions of all users together. The system bus takes 128 pending calls from a connection, and
  /// dialogues last, so questions may not use up all of these calls.
  private let turnstile = AsyncSemaphore(places: 32)
  /// Each user's own semaphore, passed before the common one. Polkit takes milliseconds to answer, so a user who asks
  /// without end delays only themselves.
  private var lanes: [UInt32: AsyncSemaphore] = [:]
  private var dialogues: [String: Dialogue] = [:]
  private var dialogueCount = 0
  private var isEnding = false

  private struct Dialogue {
    let uid: UInt32
    let task: Task<[Value], any Error>
  }

  /// The most questions of one user at once.
  private static let laneWidth = 2
  /// The most open dialogues.
  private static let dialogueLimit = 16
  /// The most open dialogues of one user.
  private static let dialogueLimitPerUser = 2

  /// - Parameters:
  ///   - connection: the system bus.
  ///   - timeout: how long polkit may take to answer a question without a dialogue.
  ///   - dialogueTimeout: how long somebody may take to type a password.
  init(connection: Connection, timeout: Duration, dialogueTimeout: Duration) {
    self.connection = connection
    self.timeout = timeout
    self.dialogueTimeout = dialogueTimeout
  }

  /// Asks whether a caller may do something. If polkit wants them to authenticate first, and the call allows it, a
  /// dialogue asks them to.
  ///
  /// - Parameters:
  ///   - action: what the caller wants to do.
  ///   - caller: the caller.
  ///   - details: values that the dialogue's text and the administrator's rules may refer to.
  /// - Returns: polkit's answer, or why there is none.
  func check(_ action: PolkitAction, for caller: Caller, details: [String: String] = [:]) async -> PolkitAnswer {
    let question = [
      Self.subject(caller), .string(action.rawValue),
      .array(of: "{ss}", details.sorted { $0.key < $1.key }.map { .entry(.string($0.key), .string($0.value)) }),
    ]
    do {
      let answer = try await lane(of: caller).pass {
        try await turnstile.pass {
          try await connection.call(
            Self.authority, "CheckAuthorization", question + [.uint32(0), .string("")], deadline: .after(timeout))
        }
      }
      let verdict = PolkitAnswer(answer)
      return verdict == .unasked && caller.allowsInteraction ? await authenticate(caller, question) : verdict
    } catch {
      return PolkitAnswer(error)
    }
  }

  /// Cancels all dialogues, and opens no more.
  func end() {
    isEnding = true
    for dialogue in dialogues.values { dialogue.task.cancel() }
  }

  private func lane(of caller: Caller) -> AsyncSemaphore {
    if let lane = lanes[caller.uid] { return lane }
    let lane = AsyncSemaphore(places: Self.laneWidth)
    lanes[caller.uid] = lane
    return lane
  }

  /// Asks again, and allows polkit to ask the caller for a password. The dialogue is cancelled at the deadline and when
  /// the caller leaves the bus.
  private func authenticate(_ caller: Caller, _ question: [Value]) async -> PolkitAnswer {
    guard hasRoom(for: caller) else { return .crowded }
    dialogueCount += 1
    let id = "\(dialogueCount)"
    let task = startDialogue(id, question)
    let watch = connection.follow(Self.departure(of: caller)) { _ in task.cancel() }
    dialogues[id] = Dialogue(uid: caller.uid, task: task)
    defer {
      dialogues[id] = nil
      connection.cancel(watch)
    }
    do {
      return PolkitAnswer(afterDialogue: try await task.value)
    } catch BusError.timedOut, BusError.cancelled {
      connection.post(Self.authority, "CancelCheckAuthorization", [.string(id)])
      return .unanswered
    } catch {
      return PolkitAnswer(error)
    }
  }

  private func hasRoom(for caller: Caller) -> Bool {
    !isEnding && dialogues.count < Self.dialogueLimit
      && dialogues.values.count { $0.uid == caller.uid } < Self.dialogueLimitPerUser
  }

  private func startDialogue(_ id: String, _ question: [Value]) -> Task<[Value], any Error> {
    let allowUserInteraction: UInt32 = 1
    return MainLoop.task { [connection, dialogueTimeout] in
      try await connection.call(
        Self.authority, "CheckAuthorization", question + [.uint32(allowUserInteraction), .string(id)],
        deadline: .after(dialogueTimeout))
    }
  }

  private static func departure(of caller: Caller) -> SignalFilter {
    SignalFilter(
      sender: Remote.bus.destination, interface: Remote.bus.interface, member: "NameOwnerChanged",
      argument0: caller.busName)
  }

  private static func subject(_ caller: Caller) -> Value {
    .structure([.string("system-bus-name"), .dictionary(["name": .string(caller.busName)])])
  }
}
