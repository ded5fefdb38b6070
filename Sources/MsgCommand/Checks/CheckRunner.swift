import Glibc
import MessengerClient
import MessengerContract

/// Gathers the facts for the checks on one machine. No question waits for long. A question is left out if an earlier
/// answer shows that it can't be answered.
struct CheckRunner: Sendable {
  /// The other machine. Nil for this one.
  let host: RemoteHost?
  /// How long connecting to it may take.
  let connectTimeout: Duration
  /// The process's environment.
  var variable: @Sendable (String) -> String? = { getenv($0).map { String(cString: $0) } }
  /// Whether a file exists on this machine.
  var fileExists: @Sendable (String) -> Bool = { access($0, F_OK) == 0 }

  /// The findings of all checks. Each check comes after those that it depends on.
  func findings() -> [Finding] {
    do {
      return findings(on: try connect())
    } catch {
      return findings(without: error)
    }
  }

  private func connect() throws(BusError) -> BusInquiry {
    guard let host else { return try BusInquiry() }
    return try BusInquiry(host: host, connectTimeout: connectTimeout)
  }

  private func findings(without failure: BusError) -> [Finding] {
    let address = variable("DBUS_SYSTEM_BUS_ADDRESS").flatMap { $0.isEmpty ? nil : $0 }
    let bus = BusCheck(host: host?.description, address: address, failure: failure)
    let others: [any Check.Type] = [
      ServiceCheck.self, PolicyCheck.self, ConfigurationCheck.self, PolkitCheck.self, LogindCheck.self,
      ConnectionsCheck.self, SessionCheck.self, MuteCheck.self,
    ]
    return [bus.finding]
      + others.map { Finding(check: $0.name, state: .unknown, text: "not checked: the system bus can't be reached") }
      + [desktop(of: SessionCheck(uid: geteuid(), sessions: nil)).finding]
  }

  private func findings(on bus: BusInquiry) -> [Finding] {
    let uid = answer(bus.uid).success
    let startable = answer(bus.activatableNames).success ?? []
    var service = serviceCheck(on: bus, startable: startable)
    let properties = service.isThere ? answer(bus.properties) : nil
    if let properties { service.version = properties.map(\.version) }
    let policy = PolicyCheck(
      call: properties?.map { _ in }, hasFile: service.isInstalled && host == nil ? hasPolicyFile : nil)
    let isAnswering = properties?.success != nil
    let logind = logindCheck(on: bus)
    let session = SessionCheck(
      uid: uid, sessions: isAnswering ? answer(bus.sessions) : nil, hasLogind: logind.sessionCount.failure == nil)
    let mute = MuteCheck(host: host?.description, isMuted: isAnswering ? answer(bus.isMuted) : nil)
    let checks: [any Check] = [
      BusCheck(host: host?.description), service, policy,
      ConfigurationCheck(answer: isAnswering ? answer(bus.configuration) : nil),
      polkitCheck(on: bus, isRoot: uid == 0, startable: startable),
      logind, connectionsCheck(on: bus), session, mute, desktop(of: session),
    ]
    return checks.map(\.finding)
  }

  private var hasPolicyFile: Bool { PolicyCheck.files.contains(where: fileExists) }

  private func serviceCheck(on bus: BusInquiry, startable: [String]) -> ServiceCheck {
    var check = ServiceCheck(isRemote: host != nil)
    check.isRunning = isOwned(Messenger.busName, on: bus)
    check.isActivatable = startable.contains(Messenger.busName)
    guard !check.isRunning && check.isActivatable else { return check }
    check.start = answer { () throws(BusError) in try bus.start(Messenger.busName) }
    if check.start.failure != nil {
      check.unit = learned(of: check.unit, on: bus)
      check.hasNoPolicy = host == nil && !hasPolicyFile
    }
    return check
  }

  private func polkitCheck(on bus: BusInquiry, isRoot: Bool, startable: [String]) -> PolkitCheck {
    let name = "org.freedesktop.PolicyKit1"
    var check = PolkitCheck(isRoot: isRoot)
    check.isInstalled = startable.contains(name) || isOwned(name, on: bus)
    guard check.isInstalled else { return check }
    check.known = answer(bus.polkitActions)
    guard check.known.success != nil else {
      check.unit = learned(of: check.unit, on: bus)
      return check
    }
    guard !isRoot else { return check }
    for (action, _) in PolkitCheck.targets where check.answers.values.allSatisfy({ $0.failure == nil }) {
      check.answers[action] = answer { () throws(BusError) in try bus.authorization(for: action) }
    }
    return check
  }
}

extension CheckRunner {
  private func logindCheck(on bus: BusInquiry) -> LogindCheck {
    var check = LogindCheck(sessionCount: answer(bus.sessionCount))
    if check.sessionCount.failure != nil { check.unit = learned(of: check.unit, on: bus) }
    return check
  }

  private func connectionsCheck(on bus: BusInquiry) -> ConnectionsCheck {
    ConnectionsCheck(
      socket: answer { () throws(BusError) in try bus.activeState(of: "msgd-connect.socket") },
      result: answer { () throws(BusError) in try bus.result(of: "msgd-connect") }.success)
  }

  /// The unit, with its state from systemd.
  private func learned(of unit: Unit, on bus: BusInquiry) -> Unit {
    Unit(
      name: unit.name,
      fileState: answer { () throws(BusError) in try bus.unitFileState(of: unit.name) }.success,
      result: answer { () throws(BusError) in try bus.result(of: unit.name) }.success)
  }

  private func isOwned(_ name: String, on bus: BusInquiry) -> Bool {
    answer { () throws(BusError) in try bus.isOwned(name) }.success ?? false
  }

  func answer<Value>(_ question: () throws(BusError) -> Value) -> BusAnswer<Value> {
    do {
      return .success(try question())
    } catch {
      return .failure(error)
    }
  }
}
