import Glibc
import Platform
public import MessengerContract

/// Sends messages through the service `msgd`, and asks it about them.
///
/// A message is a popup on the desktops of logged-in users. Sending one, and waiting for what becomes of it:
///
/// ```swift
/// let receipt = try Client().send(to: ["alice"], body: "Lunch?", options: SendOptions(timeout: 30, wait: true))
/// for delivery in receipt.deliveries { print(delivery.userName, delivery.state) }
/// ```
///
/// There is one ``Delivery`` for each session of a recipient. Without ``SendOptions/wait`` the call returns as soon as
/// the popups stand: ``deliveries(of:)`` then tells how they fare, and ``withdraw(_:)`` takes them back. ``sessions()``
/// lists whom a message could reach.
///
/// A client is a value without a connection of its own: each call opens one, blocks its thread until the answer is
/// there, and closes it. Calls may run on several threads at once. The caller is who runs the program or, on another
/// host, who logs in there; the service decides what they may do.
///
/// Every method throws `MessengerError`, of the module `MessengerContract`, where the service refuses, and
/// ``ClientError`` where it can't be asked or understood.
public struct Client: Sendable {
  /// Whether polkit may have somebody asked for a password where a call needs one; calls then may take minutes longer.
  /// Who asks is the desktop's agent or, for programs at a terminal, a ``TextAgent``.
  public var allowsInteraction = false
  private let endpoint: Endpoint

  /// How long the service may take to answer a call that doesn't wait for users.
  static let answerTimeout: Duration = .seconds(30)
  /// How long somebody may take to type a password; the service gives up before.
  static let dialogueTimeout: Duration = .seconds(150)

  /// A client of the service on one bus. Nothing is opened before the first call.
  ///
  /// - Parameter address: a D-Bus address; nil for the system bus, where `DBUS_SYSTEM_BUS_ADDRESS` counts.
  public init(address: String? = nil) {
    endpoint = .bus(address: address)
  }

  /// A client of the service on another host, which is reached through ssh. Nothing is opened before the first call.
  ///
  /// ssh comes from `PATH` and follows its own configuration. What it has to say goes to standard error; where it needs
  /// a password, it asks on the terminal. It ends with the call. The host needs `systemd-stdio-bridge`, a part of
  /// systemd.
  ///
  /// - Parameters:
  ///   - host: the host, and whom to be there.
  ///   - connectTimeout: how long each call may take until the host's bus answers, a log-in by hand included.
  public init(host: RemoteHost, connectTimeout: Duration = .seconds(10)) {
    self.init(host: host, connectTimeout: connectTimeout, ssh: ["ssh"])
  }

  /// A client that runs something else for ssh.
  init(host: RemoteHost, connectTimeout: Duration = .seconds(10), ssh: [String]) {
    endpoint = .host(host, connectTimeout: connectTimeout, ssh: ssh)
  }

  /// Sends a message, and waits for the service's answer: with `options.wait`, for as long as it takes.
  ///
  /// - Parameters:
  ///   - recipients: user names, session names, session ids, or `*`; the service's contract says how each is resolved.
  ///   - body: the text.
  ///   - options: how it is to be shown.
  ///   - onChange: takes each change of one of this message's deliveries that comes before the answer.
  /// - Returns: what became of the message, recipient by recipient.
  /// - Throws: `MessengerError` where the service refuses, ``ClientError`` where it can't be asked or understood.
  public func send(
    to recipients: [String], body: String, options: SendOptions = SendOptions(),
    onChange: (DeliveryChanges) -> Void = { _ in }
  ) throws -> Receipt {
    let request = try SendRequest(recipients: recipients, body: body, options: options).message()
    request.allowsInteraction = allowsInteraction
    return try connected { connection in
      var changes = ChangeFilter(connection: connection, waits: options.wait)
      let answer = try connection.call(request, timeout: options.wait ? nil : timeout) { message in
        if let change = try changes.changes(in: message) { onChange(change) }
      }
      for change in try changes.changes(before: answer) { onChange(change) }
      return try Receipt(from: answer)
    }
  }

  /// The sessions of logged-in users: all of them for root and whom polkit lets see them, one's own for others.
  ///
  /// - Returns: the sessions; those with ``Session/isGraphical`` are the ones that a message reaches.
  /// - Throws: `MessengerError` where the service refuses, ``ClientError`` where it can't be asked or understood.
  public func sessions() throws -> [Session] {
    try ask(BusMessage(.listSessions)) { try $0.array { try Session(from: &$0) } }
  }

  /// How a message stands now.
  ///
  /// - Parameter id: the message, as ``Receipt/id`` names it; one's own or, where polkit allows that, anybody's.
  /// - Returns: its deliveries. They are remembered until ten minutes after the last of them became final,
  ///   or until there are a thousand newer messages.
  /// - Throws: `MessengerError` where the service refuses, ``ClientError`` where it can't be asked or understood.
  public func deliveries(of id: UInt64) throws -> [Delivery] {
    try ask(BusMessage(.getDeliveries, id: id)) { try $0.array { try Delivery(from: &$0) } }
  }

  /// Changes what a message says, wherever its popups stand or are on their way.
  ///
  /// - Parameters:
  ///   - id: the message, as ``Receipt/id`` names it; one's own.
  ///   - body: the new text; empty for the old one.
  ///   - options: what else changes: those with `SendOption.isForUpdate`.
  /// - Throws: `MessengerError` where the service refuses, ``ClientError`` where it can't be asked or understood.
  public func update(_ id: UInt64, body: String = "", options: SendOptions = SendOptions()) throws {
    try ask(UpdateRequest(id: id, body: body, options: options).message()) { _ in }
  }

  /// Takes a message back: closes those of its popups that still stand.
  ///
  /// - Parameter id: the message, as ``Receipt/id`` names it; one's own or, where polkit allows that, anybody's.
  /// - Throws: `MessengerError` where the service refuses, ``ClientError`` where it can't be asked or understood.
  public func withdraw(_ id: UInt64) throws {
    try ask(BusMessage(.withdraw, id: id)) { _ in }
  }

  /// The messages that are held until their users come: one's own, and everybody's for root and whom polkit lets manage
  /// others' messages.
  ///
  /// - Returns: an entry for each recipient of each message, oldest first.
  /// - Throws: `MessengerError` where the service refuses, ``ClientError`` where it can't be asked or understood.
  public func heldMessages() throws -> [HeldMessage] {
    try ask(BusMessage(.listHeld)) { try $0.array { try HeldMessage(from: &$0) } }
  }

  /// Takes messages no more, or again: in all sessions of the calling user, and for good. Root's and one's own come
  /// through.
  ///
  /// - Parameter isMuted: whether one takes no messages from now on.
  /// - Throws: `MessengerError` where the service can't keep it, ``ClientError`` where it can't be asked or understood.
  public func setMuted(_ isMuted: Bool) throws {
    try ask(BusMessage(setMuted: isMuted)) { _ in }
  }

  /// Whether the calling user takes no messages.
  ///
  /// - Returns: what ``setMuted(_:)`` was last called with; at first `false`.
  /// - Throws: `MessengerError` where the service can't read it, ``ClientError`` where it can't be asked or understood.
  public func isMuted() throws -> Bool {
    try ask(BusMessage(.getMuted)) { try $0.boolean() }
  }

  /// The service's version, defaults and limits.
  ///
  /// - Returns: the properties.
  /// - Throws: ``ClientError`` where the service can't be asked or understood.
  public func properties() throws -> ServiceProperties {
    try ask(.propertiesRequest(), ServiceProperties.init(from:))
  }

  private var timeout: Duration { allowsInteraction ? Self.answerTimeout + Self.dialogueTimeout : Self.answerTimeout }

  /// Makes a call that doesn't wait for recipients.
  private func ask<Answer>(_ request: BusMessage, _ read: (inout ArgumentReader) throws -> Answer) throws -> Answer {
    request.allowsInteraction = allowsInteraction
    return try connected { try $0.call(request, timeout: timeout).read(read) }
  }

  /// Runs calls on a connection of their own. If the bus has no room for the first call, tries again on another
  /// connection: any user can fill the service's queue on the bus for a short time.
  private func connected<Answer>(_ body: (BusConnection) throws -> Answer) throws -> Answer {
    let deadline = Deadline.after(endpoint.congestionTimeout)
    while true {
      do {
        return try body(try endpoint.connect())
      } catch let error as BusError where error.isCongestion && deadline.remaining > .zero {
        usleep(Self.congestionDelay)
      } catch {
        throw endpoint.meaning(of: error)
      }
    }
  }

  /// How long to wait before the next try if the bus has no room, in microseconds.
  private static let congestionDelay: UInt32 = 50_000
}
