internal import FleetContract
internal import GBus
internal import Logging
internal import MQTT
internal import MessengerContract
internal import PlainJSON

/// The machine's place at the broker: its subscriptions, its presence, and what it publishes.
///
/// After each connection it subscribes, publishes that the machine is there, and waits until that comes back. Then
/// everything that waited at the broker has come before (MQTT 5, section 4.6, "Message ordering").
@MainLoop
final class BrokerLink {
  /// The user property that tells the own presence of this connection from an older one.
  private static let property = "connection"
  /// How long the broker keeps what comes for a machine that is away, in seconds.
  private static let sessionExpiry = UInt32(FleetMessage.longestLife)
  /// How long the own presence may take to come back until somebody should look into it.
  private static let echoTimeout: Duration = .seconds(60)
  /// How long the broker may take to answer at the end.
  private static let closingTimeout: Duration = .seconds(3)

  /// Called when more may wait at the broker: the connection is lost, or made.
  var onOutdated: (@MainLoop () -> Void)?
  /// Called when all has come that waited at the broker: after each connection, and after ``appearAgain()``. Says
  /// whether the broker has kept the session since the last time; if it has not, it may have lost what it had taken.
  var onCurrent: (@MainLoop (_ hasSession: Bool) -> Void)?
  /// Called with each message that was kept.
  var onMessage: (@MainLoop (Ticket) -> Void)?

  private let membership: RelaySettings.Membership
  private let host: String
  private let logger: Logger
  private let now: @Sendable () -> Int64
  private let began: Int64
  private var connection: BrokerConnection?
  private var isConnected = false
  private var hasSession = true
  private var filters: [String] = []
  private var subscription: Int32?
  /// The own presence that is awaited.
  private var echo: String?
  /// What the own presences of this process have in their property.
  private var ownMarks: Set<String> = []
  /// Whether a presence of this process has come back. Those of earlier ones come before.
  private var wasCurrent = false
  private var echoTimer: Timer?
  private var unanswered: [Int32: @MainLoop () -> Void] = [:]
  private var onDisconnected: (@MainLoop () -> Void)?
  /// What is wrong with the connection. The same is logged once.
  private var trouble: String?
  /// Whether it is logged that there is a connection.
  private var isTold = false
  private var hasWarnedOfTwin = false

  init(_ membership: RelaySettings.Membership, host: String, logger: Logger, now: @escaping @Sendable () -> Int64) {
    (self.membership, self.host, self.logger, self.now) = (membership, host, logger, now)
    began = now()
  }

  /// Begins to connect, and goes on until ``end()``.
  ///
  /// - Throws: a `BrokerError` if a certificate or key can't be read.
  func start(_ settings: BrokerSettings, clientID: String, keepAlive: UInt16, inbox: Inbox) throws {
    var will = presence(isOnline: false)
    will.properties = [:]
    let session = SessionSettings(
      clientID: clientID, keepAlive: keepAlive, expiry: Self.sessionExpiry, will: will)
    let own = Topic.presence(membership.machine).path
    let connection = try BrokerConnection(to: settings, session: session) { [weak self] event in
      // Here, on the broker's thread: it learns that a message has come when this returns.
      if case .message(let message) = event, message.topic != own {
        guard let ticket = inbox.take(message) else { return }
        MainLoop.task { self?.onMessage?(ticket) }
      } else {
        MainLoop.task { self?.handle(event) }
      }
    }
    self.connection = connection
    try connection.start()
  }

  /// Publishes something, if the broker is there.
  ///
  /// - Parameters:
  ///   - message: what to publish, with quality 1.
  ///   - done: called when the broker has answered. If it is lost before, nothing is called.
  func publish(_ message: Publication, done: @escaping @MainLoop () -> Void) {
    guard isConnected, let connection else { return }
    do {
      unanswered[try connection.publish(message)] = done
    } catch {
      logger.warning("can't publish on \(message.topic): \(error)")
    }
  }

  /// Says that the machine leaves, and ends the connection. What the broker doesn't take within a few seconds is lost.
  func end() async {
    echoTimer?.cancel()
    guard let connection else { return }
    if isConnected {
      let deadline = Deadline.after(Self.closingTimeout)
      await wait(until: deadline) { done in
        self.publish(self.presence(isOnline: false, hasLeft: true), done: done)
      }
      await wait(until: deadline) { done in
        self.onDisconnected = done
        connection.disconnect()
      }
    } else {
      connection.disconnect()
    }
  }

  /// Waits until something calls back.
  private func wait(until deadline: Deadline, _ begin: (@escaping @MainLoop () -> Void) -> Void) async {
    await withCheckedContinuation { continuation in
      var isOver = false
      let end: @MainLoop () -> Void = {
        if !isOver { continuation.resume() }
        isOver = true
      }
      _ = Timer(at: deadline, end)
      begin(end)
    }
  }

  private func presence(isOnline: Bool, hasLeft: Bool = false) -> Publication {
    let presence = Presence(
      isOnline: isOnline, since: isOnline || hasLeft ? now() : began, hasLeft: hasLeft,
      agentVersion: Messenger.version, fleets: membership.fleets)
    return Publication(
      topic: Topic.presence(membership.machine).path, payload: presence.jsonText, isRetained: true)
  }

  private func handle(_ event: BrokerEvent) {
    switch event {
    case .connected(let hasSession): join(hasSession)
    case .subscribed(let number, let reasons): if number == subscription { appear(reasons) }
    case .message(let message): receive(message)
    case .published(let number, let reason): conclude(number, reason)
    case .refused(let reason): complain("\(host) refuses this machine: \(reason)")
    case .disconnected(let reason): lose(reason)
    }
  }

  private func join(_ hasSession: Bool) {
    isConnected = true
    if !hasSession { self.hasSession = false }
    isTold = false
    unanswered = [:]
    onOutdated?()
    filters =
      membership.fleets.map { Topic.everything(toFleet: $0) }
      + [Topic.everything(toMachine: membership.machine), Topic.presence(membership.machine).path]
    do { subscription = try connection?.subscribe(to: filters, .atLeastOnce) } catch {
      logger.error("can't subscribe: \(error)")
    }
  }

  private func appear(_ reasons: [Reason]) {
    for (filter, reason) in zip(filters, reasons) where !reason.isSuccess {
      logger.error("\(host) lets nobody read \(filter) here: \(reason)")
    }
    appearAgain()
  }

  /// Publishes that the machine is there, to learn when all has come that waits at the broker. Without a connection,
  /// that happens once there is one.
  func appearAgain() {
    guard isConnected else { return }
    var random = SystemRandomNumberGenerator()
    let echo = String(random.next(), radix: 16)
    self.echo = echo
    ownMarks.insert(echo)
    var message = presence(isOnline: true)
    message.properties = [Self.property: echo]
    publish(message) {}
    echoTimer?.cancel()
    echoTimer = Timer(at: .after(Self.echoTimeout)) { [weak self] in
      guard let self, self.echo == echo else { return }
      logger.error(
        "nothing is shown: \(host) has not sent back \(message.topic), which this machine must be let write and read")
    }
  }

  private func receive(_ message: IncomingMessage) {
    guard let mark = message.properties[Self.property] else { return }
    if wasCurrent, !ownMarks.contains(mark) { warnOfTwin() }
    guard mark == echo else { return }
    echo = nil
    wasCurrent = true
    echoTimer?.cancel()
    if !isTold { logger.info("connected to \(host) as \(membership.machine)") }
    (trouble, isTold) = (nil, true)
    onCurrent?(hasSession)
    hasSession = true
  }

  private func conclude(_ number: Int32, _ reason: Reason) {
    // Nobody will let it in another time either.
    if !reason.isSuccess { complain("\(host) takes nothing from this machine: \(reason)") }
    unanswered.removeValue(forKey: number)?()
  }

  private func lose(_ reason: Reason) {
    isConnected = false
    echo = nil
    unanswered = [:]
    onOutdated?()
    onDisconnected?()
    if reason.code == Reason.sessionTakenOver {
      warnOfTwin()
    } else if onDisconnected == nil {
      complain("no connection to \(host): \(reason)")
    }
  }

  /// Another agent has the same name, and the broker lets only one of them stay. Without a pause they would push each
  /// other out each second.
  private func warnOfTwin() {
    connection?.backOff()
    if !hasWarnedOfTwin {
      logger.critical("another machine is connected as \(membership.machine): each needs a name of its own")
    }
    hasWarnedOfTwin = true
  }

  private func complain(_ text: String) {
    if text != trouble { logger.warning("\(text)") }
    trouble = text
  }
}
