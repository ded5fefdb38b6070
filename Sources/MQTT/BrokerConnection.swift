internal import CMosquitto
internal import CProcess
internal import Glibc
internal import Platform
internal import Synchronization

/// A connection to an MQTT 5 broker. A thread of its own makes it, keeps it, and makes it again.
///
/// A message of quality 1 is acknowledged when the handler has returned, so that what the handler has written to the
/// disk by then is never lost.
///
/// libmosquitto's own thread (`mosquitto_loop_start`) would end for good if a name can't be resolved or a certificate
/// has expired.
public final class BrokerConnection: Sendable {
  /// libmosquitto's client. Its functions may be called from several threads (`mosquitto.h`, "Threads"), once
  /// `mosquitto_threaded_set` has said so.
  nonisolated(unsafe) private let client: OpaquePointer
  private let broker: BrokerSettings
  private let session: SessionSettings
  private let handler: @Sendable (BrokerEvent) -> Void
  private let loop: Mutex<LoopState>
  /// Ends a wait of the thread for the next try.
  private let wakeUp: (reader: Int32, writer: Int32)

  /// What the thread and the callers know of each other.
  private struct LoopState {
    var isLeaving = false
    /// Whether the handler knows that the connection is lost.
    var isLossTold = true
    var delay = ReconnectDelay()
    /// What libmosquitto last logged as an error: the only place where OpenSSL's reason is.
    var logged: String?
  }

  /// Makes a connection that is not there yet.
  ///
  /// - Parameters:
  ///   - broker: where the broker is.
  ///   - session: how it keeps the session.
  ///   - handler: takes what happens, on the connection's thread, one after the other.
  /// - Throws: a ``BrokerError`` if a certificate or key can't be read.
  public init(
    to broker: BrokerSettings, session: SessionSettings, handler: @escaping @Sendable (BrokerEvent) -> Void
  ) throws(BrokerError) {
    Self.initialize
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0, let client = mosquitto_new(session.clientID, false, nil) else {
      throw BrokerError(Int32(MOSQ_ERR_ERRNO.rawValue))
    }
    self.client = client
    self.broker = broker
    self.session = session
    self.handler = handler
    wakeUp = (ends[0], ends[1])
    loop = Mutex(LoopState())
    mosquitto_user_data_set(client, Unmanaged.passUnretained(self).toOpaque())
    try check(mosquitto_threaded_set(client, true))
    try check(mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5))
    try check(mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, Int32(session.receiveMaximum)))
    try check(mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1))
    if let authorities = broker.authorities {
      try check(
        mosquitto_tls_set(client, authorities, nil, broker.certificate, broker.key, nil), "certificates and key")
    }
    if let userName = broker.userName { try check(mosquitto_username_pw_set(client, userName, broker.password)) }
    if let will = session.will { try set(will) }
    setCallbacks()
  }

  deinit {
    mosquitto_destroy(client)
    close(wakeUp.reader)
    close(wakeUp.writer)
  }

  /// Connects, and connects again whenever the connection is lost, until ``disconnect(expiry:)``.
  ///
  /// - Throws: a ``BrokerError`` if there is no room for a thread.
  public func start() throws(BrokerError) {
    do { try WorkThread.start { self.run() } } catch { throw BrokerError(description: error.description) }
  }

  private func run() {
    var result = connect()
    while true {
      while result == success { result = mosquitto_loop(client, Int32(session.keepAlive) * 1000, 1) }
      let ending = reason(ending: result)
      let (isLeaving, isLossTold, delay) = loop.withLock { state in
        defer { state.isLossTold = true }
        return (state.isLeaving, state.isLossTold, state.delay.next())
      }
      if isLeaving { return }
      if !isLossTold { handler(.disconnected(ending)) }
      if isOver(after: delay) { return }
      loop.withLock { $0.isLossTold = false }
      result = mosquitto_reconnect(client)
    }
  }

  private func connect() -> Int32 {
    loop.withLock { $0.isLossTold = false }
    var result = success
    do throws(BrokerError) {
      try withProperties([.sessionExpiry(session.expiry), .maximumPacketSize(session.maximumPacketSize)]) {
        properties in
        result = mosquitto_connect_bind_v5(
          client, broker.host, Int32(broker.port), Int32(session.keepAlive), nil, properties)
      }
    } catch { result = Int32(MOSQ_ERR_NOMEM.rawValue) }
    return result
  }

  /// Waits, and returns whether the connection is given up meanwhile.
  private func isOver(after delay: Duration) -> Bool {
    var event = pollfd(fd: wakeUp.reader, events: Int16(POLLIN), revents: 0)
    poll(&event, 1, Int32(clamping: delay.microseconds / 1000))
    return loop.withLock(\.isLeaving)
  }

  /// Subscribes to topics.
  ///
  /// - Returns: the number under which ``BrokerEvent/subscribed(_:_:)`` answers.
  @discardableResult
  public func subscribe(to filters: [String], _ quality: QualityOfService) throws(BrokerError) -> Int32 {
    var number: Int32 = 0
    var words: [UnsafeMutablePointer<CChar>?] = filters.map { strdup($0) }
    defer { words.forEach { free($0) } }
    let result = words.withUnsafeMutableBufferPointer { words in
      words.withMemoryRebound(to: UnsafeMutablePointer<CChar>?.self) {
        mosquitto_subscribe_multiple(
          client, &number, Int32(filters.count), UnsafeMutablePointer(mutating: $0.baseAddress), quality.rawValue, 0,
          nil)
      }
    }
    try check(result)
    return number
  }

  /// Publishes a message. One of quality 1 is kept, and sent again, until the broker has answered.
  ///
  /// - Returns: the number under which ``BrokerEvent/published(_:_:)`` answers.
  @discardableResult
  public func publish(_ message: Publication) throws(BrokerError) -> Int32 {
    var number: Int32 = 0
    try withProperties(message.allProperties) { (properties) throws(BrokerError) in
      try check(
        mosquitto_publish_v5(
          client, &number, message.topic, Int32(message.payload.count), message.payload, message.quality.rawValue,
          message.isRetained, properties))
    }
    return number
  }

  /// Waits long before it connects again, if it loses this connection: another client has the same id. Brokers need not
  /// say so (mosquitto 2.0 doesn't).
  public func backOff() { loop.withLock { $0.delay.wait() } }

  /// Ends the connection. Publications that the broker has not answered may be lost.
  ///
  /// - Parameter expiry: how long the broker keeps the session from now on, in seconds. Nil: as before.
  public func disconnect(expiry: UInt32? = nil) {
    loop.withLock { $0.isLeaving = true }
    try? withProperties(expiry.map { [.sessionExpiry($0)] } ?? []) { (properties) throws(BrokerError) in
      mosquitto_disconnect_v5(client, 0, properties)
    }
    var byte: UInt8 = 0
    write(wakeUp.writer, &byte, 1)
  }

  private func set(_ will: Publication) throws(BrokerError) {
    try check(
      mosquitto_will_set_v5(
        client, will.topic, Int32(will.payload.count), will.payload, will.quality.rawValue, will.isRetained, nil))
  }

  private func setCallbacks() {
    mosquitto_log_callback_set(client) { _, owner, level, text in
      guard level == MOSQ_LOG_ERR, let text else { return }
      let line = String(cString: text)
      BrokerConnection.from(owner)?.loop.withLock { $0.logged = line }
    }
    mosquitto_connect_v5_callback_set(client) { _, owner, code, flags, _ in
      guard let connection = BrokerConnection.from(owner) else { return }
      let reason = Reason(packetCode: code)
      if reason.isSuccess { connection.loop.withLock { $0.delay.reset() } }
      connection.handler(reason.isSuccess ? .connected(hasSession: flags & 1 != 0) : .refused(reason))
    }
    mosquitto_disconnect_v5_callback_set(client) { _, owner, code, _ in
      guard let connection = BrokerConnection.from(owner) else { return }
      connection.lose(connection.reason(ending: code))
    }
    mosquitto_publish_v5_callback_set(client) { _, owner, number, code, _ in
      BrokerConnection.from(owner)?.handler(.published(number, Reason(packetCode: code)))
    }
    mosquitto_subscribe_v5_callback_set(client) { _, owner, number, count, codes, _ in
      guard let codes else { return }
      let reasons = (0..<Int(count)).map { Reason(packetCode: codes[$0]) }
      BrokerConnection.from(owner)?.handler(.subscribed(number, reasons))
    }
    mosquitto_message_v5_callback_set(client) { _, owner, message, properties in
      guard let message = message?.pointee, let topic = message.topic else { return }
      let payload = Array(UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen)))
      BrokerConnection.from(owner)?.handler(
        .message(
          IncomingMessage(
            topic: String(cString: topic), payload: payload, isRetained: message.retain,
            properties: userProperties(in: properties))))
    }
  }

  /// What ended the connection, with OpenSSL's words: a certificate that has expired, or one of another authority.
  private func reason(ending: Int32) -> Reason {
    let logged = loop.withLock { state in
      defer { state.logged = nil }
      return state.logged
    }
    // An alert of the broker's comes with "The connection was lost."
    guard let logged, logged.hasPrefix("OpenSSL"), let colon = logged.lastIndex(of: ":") else {
      return Reason(ending: ending)
    }
    return Reason(code: nil, description: "TLS: \(logged[logged.index(after: colon)...].drop { $0 == " " })")
  }

  private func lose(_ reason: Reason) {
    loop.withLock { state in
      state.isLossTold = true
      if reason.code == Reason.sessionTakenOver { state.delay.wait() }
    }
    handler(.disconnected(reason))
  }

  private static func from(_ owner: UnsafeMutableRawPointer?) -> BrokerConnection? {
    owner.map { Unmanaged<BrokerConnection>.fromOpaque($0).takeUnretainedValue() }
  }

  private func check(_ result: Int32, _ subject: String? = nil) throws(BrokerError) {
    guard result != success else { return }
    throw BrokerError(result, subject)
  }

  /// libmosquitto's own state, once for the process.
  private static let initialize: Void = { _ = mosquitto_lib_init() }()
}
