internal import GBus
internal import MessengerContract
internal import MessengerProxy

/// The translation between the bus and the ``MessageCenter``: identifies callers, translates arguments and answers, and
/// decides nothing.
@MainLoop
struct MessengerInterface {
  let center: MessageCenter
  let mutes: MuteList
  let callers: CallerRegistry
  let activity: IdleMonitor
  let settings: Settings
  let journal: MessageJournal

  /// The interface, with a handler for each method.
  var exported: ExportedInterface {
    ExportedInterface(
      name: Messenger.interface, xml: Messenger.introspectionXML,
      methods: Dictionary(
        uniqueKeysWithValues: MessengerMethod.allCases.map { ($0.rawValue, handler(implementation(of: $0))) }),
      properties: Dictionary(uniqueKeysWithValues: MessengerProperty.allCases.map { ($0.rawValue, value(of: $0)) }))
  }

  private func implementation(of method: MessengerMethod) -> Handler {
    switch method {
    case .send: send
    case .sendMessage: sendMessage
    case .update: update
    case .listSessions: listSessions
    case .getDeliveries: getDeliveries
    case .withdraw: withdraw
    case .listHeld: listHeld
    case .setMuted: setMuted
    case .getMuted: getMuted
    case .checkConfiguration: checkConfiguration
    }
  }

  private func value(of property: MessengerProperty) -> Value {
    switch property {
    case .version: .string(Messenger.version)
    case .defaultTimeout: .uint32(settings.defaultTimeout)
    case .maximumBodyLength: .uint32(settings.maximumBodyLength)
    }
  }

  /// The rules for incoming calls. A caller with too many calls is refused before the arguments are looked at.
  /// Arguments with too many values are refused before they are unpacked.
  var rules: CallRules {
    CallRules(
      admit: { [callers, center, journal] sender in
        guard let caller = callers.known(sender) else { return false }
        do { try center.admit(caller) } catch {
          journal.refused(caller, error)
          throw error
        }
        return true
      }, learn: { [callers] sender in _ = try await callers.caller(sender) },
      measure: { [settings] method, sizes in try CallSize.check(method, sizes, settings.limits) },
      explain: { MessengerError.explain($0) },
      answer: { [callers, center] sender, count in
        // An unknown caller has not been admitted, and gets only a short answer.
        if let caller = callers.known(sender) { try center.admit(answerTo: caller, of: count) }
      })
  }

  private typealias Handler = @MainLoop @Sendable ([Value], Caller) async throws -> [Value]

  /// Wraps a method's handler with what all calls have in common: a call keeps the service awake, its caller is
  /// identified by the bus, and its refusal goes to the journal.
  private func handler(_ method: @escaping Handler) -> ExportedInterface.Method {
    { call in
      try await activity.during {
        var caller = try await callers.caller(call.sender)
        caller.allowsInteraction = call.allowsInteraction
        do {
          return try await method(call.arguments, caller)
        } catch {
          journal.refused(caller, error)
          throw error
        }
      }
    }
  }

  private func send(_ arguments: [Value], _ caller: Caller) async throws -> [Value] {
    let request = try SendRequest(
      recipients: arguments[0].strings ?? [], body: arguments[1].string ?? "",
      options: try SendOptions.entries(in: arguments[2]), settings: settings)
    let message = try await center.send(request, by: caller)
    return [.uint64(message.id), Self.deliveries(of: message)]
  }

  private func sendMessage(_ arguments: [Value], _ caller: Caller) async throws -> [Value] {
    let session = arguments[1].string ?? ""
    let request = try SendRequest(
      recipients: [session.isEmpty ? Messenger.everyone : session], body: arguments[0].string ?? "",
      settings: settings)
    return [.uint64(try await center.send(request, by: caller).id)]
  }

  private func update(_ arguments: [Value], _ caller: Caller) async throws -> [Value] {
    let request = try UpdateRequest(
      body: arguments[1].string ?? "", options: try SendOptions.entries(in: arguments[2]), settings: settings)
    try await center.update(arguments[0].uint64 ?? 0, as: request, by: caller)
    return []
  }

  private func listSessions(_ arguments: [Value], _ caller: Caller) async throws -> [Value] {
    let sessions = try await center.sessions(for: caller)
    let realNames = await center.realNames(in: sessions)
    let host = Host.name
    return [
      .array(
        of: Session.signature,
        sessions.map { Value($0.told(realName: realNames[$0.user.uid] ?? "", machine: host)) })
    ]
  }

  private func getDeliveries(_ arguments: [Value], _ caller: Caller) async throws -> [Value] {
    [Self.deliveries(of: try await center.message(arguments[0].uint64 ?? 0, for: caller))]
  }

  private func withdraw(_ arguments: [Value], _ caller: Caller) async throws -> [Value] {
    try await center.withdraw(arguments[0].uint64 ?? 0, by: caller)
    return []
  }

  private func listHeld(_ arguments: [Value], _ caller: Caller) async throws -> [Value] {
    [.array(of: HeldMessage.signature, await center.heldMessages(for: caller).map(Value.init))]
  }

  private func setMuted(_ arguments: [Value], _ caller: Caller) async throws -> [Value] {
    try await mutes.set(arguments[0].boolean ?? false, of: caller.uid)
    return []
  }

  private func getMuted(_ arguments: [Value], _ caller: Caller) async throws -> [Value] {
    [.boolean(try await mutes.isMuted(caller.uid))]
  }

  private func checkConfiguration(_ arguments: [Value], _ caller: Caller) async throws -> [Value] {
    let (file, isOther) = settings.configurationNow()
    return [.string(file.path), .boolean(isOther), .array(of: "s", file.problems.map(Value.string))]
  }

  private static func deliveries(of message: Message) -> Value {
    .array(of: Delivery.signature, message.deliveries.map(Value.init))
  }
}
