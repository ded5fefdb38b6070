internal import GBus
internal import MessengerContract

/// Asks polkit, the system's judge of who may do what (polkit(8)), by its D-Bus interface.
@MainLoop
final class Polkit {
  private static let authority = Remote(
    destination: "org.freedesktop.PolicyKit1", path: "/org/freedesktop/PolicyKit1/Authority",
    interface: "org.freedesktop.PolicyKit1.Authority")

  private let connection: Connection
  private let timeout: Duration
  private let dialogueTimeout: Duration
  /// The system bus takes 128 questions at once from a connection, and dialogues last: nobody's may use all of them up.
  private let turnstile = AsyncSemaphore(places: 32)
  /// Each user's own turnstile before that one: polkit takes milliseconds to answer, and who asks without end waits
  /// alone.
  private var lanes: [UInt32: AsyncSemaphore] = [:]
  private var dialogues: [String: Dialogue] = [:]
  private var dialogueCount = 0
  private var isEnding = false

  private struct Dialogue {
    let uid: UInt32
    let task: Task<[Value], any Error>
  }

  /// So many questions may be one user's at once.
  private static let laneWidth = 2
  /// So many dialogues may be open at once.
  private static let dialogueLimit = 16
  /// So many of them may be one user's.
  private static let dialogueLimitPerUser = 2

  /// - Parameters:
  ///   - connection: the system bus.
  ///   - timeout: how long polkit may take to answer at once.
  ///   - dialogueTimeout: how long somebody may take to type a password.
  init(connection: Connection, timeout: Duration, dialogueTimeout: Duration) {
    self.connection = connection
    self.timeout = timeout
    self.dialogueTimeout = dialogueTimeout
  }

  /// Asks whether a caller may do something. Where they must authenticate first, and the call allows it, they are asked
  /// to.
  ///
  /// - Parameters:
  ///   - action: what they want to do.
  ///   - caller: who.
  ///   - details: what the dialogue's text, and an administrator's rules, may refer to.
  /// - Returns: what came of it.
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

  /// Takes all dialogues back, and opens no more.
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

  /// Asks again, with leave to ask the caller. The dialogue is taken back at the deadline and when the caller leaves.
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
