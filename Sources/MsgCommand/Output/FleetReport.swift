import MessengerClient
import MessengerContract

/// Reports a message to a fleet: only trouble, with one line for many machines of a kind, unless `/V` or `--json` asks
/// for all.
///
/// A user who isn't on a machine is no trouble if she is on another, and neither is a machine without anybody in a
/// message to everyone. A machine that is offline is trouble unless the message is held (`--hold`): nobody can say
/// whether it comes back in time. One that is online and silent is `unknown`, which is never taken for anything else.
struct FleetReport {
  private let target: FleetTarget
  private let request: Request
  private let isNetSend: Bool
  private let surroundings: Surroundings
  private var id: String?
  private var expires = 0
  /// How the message stands, for the line that counts.
  private(set) var count = FleetCount()
  private var statuses: Set<ExitStatus> = []
  /// The recipients who were found on some machine.
  private var found: Set<String> = []
  /// Why the only recipient, who is logged in, gets no message.
  private var noDesktop: String?
  private var trouble: MachineGroups
  private var offline: MachineGroups
  private var failures = 0
  /// Whether a machine has looked for the recipients.
  private var isSearched = false
  private var answered: Set<String> = []
  /// What `/W` waits for, by machine.
  private var open: [String: Open] = [:]

  /// A machine where something may still change.
  private struct Open {
    var report: TextReport?
    var deliveries: [Delivery] = []
  }

  /// How many deliveries that failed have a line of their own.
  private static let mostFailures = 20

  /// - Parameters:
  ///   - target: the fleet.
  ///   - request: the message that is being sent.
  ///   - isNetSend: whether it is reported in the words of net send.
  ///   - surroundings: where the report is written.
  init(on target: FleetTarget, of request: Request, isNetSend: Bool, to surroundings: Surroundings) {
    self.target = target
    self.request = request
    self.isNetSend = isNetSend
    self.surroundings = surroundings
    trouble = MachineGroups(of: target)
    offline = MachineGroups(of: target)
  }

  /// Reports what msg-fleet says.
  mutating func tell(_ event: FleetEvent) {
    switch event {
    case .sent(let id, let expires):
      self.id = id
      self.expires = expires
      if request.printsID, request.output != .json {
        surroundings.say((request.hasOneTarget ? "" : "\(target): ") + id)
      }
    case .count(let machines, let offline):
      count.machines = machines
      count.offline = offline
    case .answer(let machine, let answer): take(answer, of: machine)
    case .missing(let machine, .offline, let since): takeOffline(machine, isKnown: since != nil)
    case .missing(let machine, let state, _): take(state, of: machine)
    case .note(let text):
      if request.output != .nothing { surroundings.complainByName("\(target.fleet): \(text)") }
    case .machine, .finding, .failed, .end: break
    }
  }

  /// Reports the rest, and returns the status.
  ///
  /// - Parameter error: why there is no more.
  /// - Returns: that of all machines together.
  mutating func end(_ error: MessengerError?) -> ExitStatus {
    for machine in open.keys.sorted() { conclude(machine) }
    if error == nil { judgeRecipients() }
    let lines = trouble.lines + overflow + offline.lines
    if let error { statuses.insert(ExitStatus(error)) }
    let status = statuses.isEmpty ? .success : ExitStatus(Array(statuses))
    if isNetSend { tellNetSend(status) }
    if request.output != .nothing, request.output != .json || error != nil { lines.forEach(surroundings.complain) }
    if let error { surroundings.complainByName("\(target.fleet): \(error)") }
    return status
  }

  private func tellNetSend(_ status: ExitStatus) {
    if status == .success {
      surroundings.say("The message was successfully sent to \(target).")
    } else {
      surroundings.complain("An error occurred while sending a message to \(target).")
    }
  }

  private var overflow: [String] {
    failures > Self.mostFailures
      ? ["\(target.fleet): \(MachineGroups.grouped(failures - Self.mostFailures)) more were not reached; /V lists them"]
      : []
  }

  // MARK: Answers

  private mutating func take(_ answer: MachineAnswer, of machine: String) {
    guard answer.stage != .received else { return }
    if answered.insert(machine).inserted {
      count.answered += 1
      if answer.deliveries.contains(where: \.isReached) { count.shown += 1 }
    } else if !request.options.wait {
      // As with a host, what changes after the answer is no news.
      return
    }
    switch answer.stage {
    case .received, .done: break
    case .sent: follow(answer, of: machine)
    case .refused: refuse(answer.error ?? MessengerError(.failed, "no reason given"), on: machine)
    case .unknown:
      fail(machine, "the agent ended while it showed the message; nobody knows whether it did", .notReached, .unknown)
    }
  }

  private mutating func follow(_ answer: MachineAnswer, of machine: String) {
    var entry = open[machine] ?? Open(report: textReport(on: machine))
    let old = entry.deliveries
    entry.deliveries = answer.deliveries
    if request.options.wait {
      for delivery in answer.deliveries where !old.contains(delivery) && !isUnknown(delivery) {
        entry.report?.tell(changed: delivery)
      }
    }
    open[machine] = entry
    if answer.isFinal || !request.options.wait {
      count.ended += request.options.wait ? 1 : 0
      conclude(machine)
    }
  }

  /// Reports a machine's deliveries for good.
  private mutating func conclude(_ machine: String) {
    guard var entry = open.removeValue(forKey: machine) else { return }
    isSearched = true
    let known = entry.deliveries.filter { !isUnknown($0) }
    let unknown = Set(entry.deliveries.filter(isUnknown).map(\.userName))
    if !known.isEmpty {
      found.formUnion(request.recipients.filter { !unknown.contains($0) })
      statuses.insert(ExitStatus(known, waited: request.options.wait))
    }
    if request.output == .json {
      let report = jsonReport(on: machine)
      if known.isEmpty {
        report.write(machineIn: "nobody", error: nil, id: jsonID)
      } else {
        for delivery in known { report.write(delivery, id: jsonID) }
      }
      return
    }
    guard !known.isEmpty else { return inform(machine, "nobody to show it to") }
    var shown = known
    if request.output == .failures {
      failures += known.count { !$0.isReached && $0.state != .held }
      if failures > Self.mostFailures { shown = known.filter { $0.isReached || $0.state == .held } }
    }
    if !shown.isEmpty { entry.report?.tell(Receipt(id: 0, deliveries: shown)) }
  }

  /// Whether it says that a recipient isn't on this machine.
  private func isUnknown(_ delivery: Delivery) -> Bool {
    delivery.sessionID.isEmpty && delivery.state == .failed
      && [nil, .noSuchRecipient].contains(delivery.details.error?.code)
  }

  private mutating func refuse(_ error: MessengerError, on machine: String) {
    guard [.noSuchRecipient, .noSession].contains(error.code) else {
      // What fails on a machine is no error of this program.
      let status = error.code == .failed ? .notReached : ExitStatus(error)
      return fail(machine, error.message, status, .refused, error)
    }
    isSearched = true
    if error.code == .noSession { noDesktop = noDesktop ?? "\(target.name(of: machine)): \(error.message)" }
    if request.output == .json {
      jsonReport(on: machine).write(machineIn: "nobody", error: error, id: jsonID)
    } else {
      inform(machine, error.message)
    }
  }

  // MARK: Machines without an answer

  private mutating func take(_ state: FleetEvent.MissingState, of machine: String) {
    switch state {
    case .offline: takeOffline(machine, isKnown: true)
    case .unknown:
      fail(
        machine, "online, but has not answered; nobody knows whether it shows the message", .notReached, .unknown,
        many: "are online and have not answered; nobody knows whether they show the message")
    case .received: fail(machine, "has the message, and has not shown it yet", .notReached, .received)
    case .flood: fail(machine, "sends so many receipts that they are no longer read", .notReached, .unknown)
    }
  }

  private mutating func takeOffline(_ machine: String, isKnown: Bool) {
    let now = surroundings.now()
    let time = Timestamp(seconds: expires).clock(seenAt: now)
    let isOver = expires <= now.seconds
    let isHeld = request.options.hold != nil && !isOver
    if !isHeld { statuses.insert(.notReached) }
    let (one, many) =
      !isKnown
      ? ("never seen at the broker; shows it if it comes until \(time)", "have never been seen at the broker")
      : isOver
        ? ("was offline until \(time), and will not show it", "were offline until \(time), and will not show it")
        : (
          "offline; shows it when it is back, until \(time)",
          "are offline; they show it when they are back, until \(time)"
        )
    if request.output == .json {
      jsonReport(on: machine).write(machineIn: "offline", error: nil, id: jsonID)
    } else if request.output == .everything {
      inform(machine, one)
    } else if !isHeld {
      offline.add(machine, one, many: many)
    }
  }

  private mutating func fail(
    _ machine: String, _ text: String, _ status: ExitStatus, _ state: MachineState, _ error: MessengerError? = nil,
    many: String? = nil
  ) {
    statuses.insert(status)
    open[machine] = nil
    if request.output == .json {
      jsonReport(on: machine).write(machineIn: state.rawValue, error: error, id: jsonID)
    } else if request.output == .everything {
      surroundings.complain("\(target.name(of: machine)): \(text)")
    } else {
      trouble.add(machine, text, many: many)
    }
  }

  /// The states in `--json` of a machine where the message has no deliveries, besides `offline` and `nobody`.
  private enum MachineState: String {
    case unknown, received, refused
  }

  // MARK: Recipients

  /// Finds out who is on no machine at all.
  private mutating func judgeRecipients() {
    let lost = request.recipients.filter { !found.contains($0) }
    guard !lost.isEmpty, isSearched else { return }
    let isEveryone = request.recipients == [Messenger.everyone]
    let isAllLost = found.isEmpty && statuses.isEmpty
    statuses.insert(isAllLost && !isEveryone && noDesktop == nil ? .noSuchRecipient : .notReached)
    guard request.output != .nothing else { return }
    if isEveryone {
      surroundings.complain("\(target): nobody is at a desktop")
    } else if let noDesktop, request.recipients.count == 1 {
      surroundings.complain(noDesktop)
    } else {
      for recipient in lost { surroundings.complain("\(target): \(DeliveryText.unknown(recipient))") }
    }
  }

  // MARK: Parts

  private var jsonID: JSONObject.Value { .text(orNull: id) }

  private func jsonReport(on machine: String) -> JSONReport {
    JSONReport(on: request, host: target.name(of: machine), to: surroundings)
  }

  private func textReport(on machine: String) -> TextReport? {
    guard request.output != .json, !isNetSend || request.output != .nothing else { return nil }
    var request = request
    request.printsID = false
    return TextReport(on: request, host: target.name(of: machine), to: surroundings)
  }

  private func inform(_ machine: String, _ text: String) {
    if request.output == .everything { surroundings.say("\(target.name(of: machine)): \(text)") }
  }
}
