internal import GBus
internal import MessengerContract

/// A message as it is on the disk, to be shown again when the service runs the next time.
struct KeptMessage: Sendable, Equatable {
  /// A delivery that is to be made again.
  struct Place: Sendable, Equatable {
    /// The logind session's id. Ids are used again after a reboot.
    var session: String
    /// When the session was opened, in microseconds since 1970, which tells it from another one with that id.
    var created: UInt64
    /// The session's user.
    var uid: UInt32
    var userName: String
    /// The session's name in reports.
    var sessionName: String?
    /// The recipient as the sender wrote it, if it is the user's name in another case.
    var recipient: String?
    /// When it is to be shown, in seconds since 1970.
    var returns: UInt64
    /// How often the user has put it off.
    var deferrals: UInt32
  }

  /// For whom a message is held.
  struct HeldPlace: Sendable, Equatable {
    /// The user's name, or the word for whoever comes.
    var recipient: String
    /// The user's uid; `Messenger.noUID` for whoever comes.
    var uid: UInt32
    /// Until when it is held, in seconds since 1970.
    var until: UInt64
    /// The uids of those who came and have had it.
    var served: Set<UInt32> = []
  }

  var id: UInt64
  /// The sender's uid.
  var sender: UInt32
  /// When it was sent, in milliseconds since 1970.
  var sent: UInt64
  var content: PopupContent
  /// The deliveries that were put off.
  var places: [Place] = []
  /// For whom it is held; `nil` if it was put off.
  var hold: HeldPlace?

  /// The largest id that a message may have; ids begin with the milliseconds since 1970.
  static let largestID: UInt64 = 1 << 52

  /// The version of the form of files. Files of another version are left alone.
  static let version = "1"

  /// Makes the message again, for senders who have left the bus.
  ///
  /// - Parameters:
  ///   - now: the milliseconds since 1970.
  ///   - isKnown: whether the sender's uid is still the same user's. Otherwise the message is nobody's: whoever has
  ///     the uid now must neither change it in the other's name nor read the answers.
  /// - Returns: the message, with the deliveries that were put off.
  @MainLoop
  func message(at now: UInt64, isKnown: Bool = true) -> Message {
    let deliveries = places.map { place in
      Delivery(
        sessionID: place.session, userName: place.userName, uid: place.uid, state: .deferred,
        details: DeliveryDetails(
          sessionName: place.sessionName, userName: place.userName, recipient: place.recipient,
          timeout: Settings.seconds(of: content.timeout), returns: place.returns, deferrals: place.deferrals))
    }
    let message = Message(
      id: id, sender: Caller(busName: "", uid: isKnown ? sender : Messenger.noUID, pid: nil), content: content,
      deliveries: deliveries,
      age: .milliseconds(now > sent ? now - sent : 0))
    message.senderPresence = .gone
    return message
  }

  /// Returns what is held of a message.
  ///
  /// - Parameter files: the message as it is held for each of its recipients; at least one.
  /// - Returns: the deliveries, until when they are held, and who has had the message already.
  static func deliveries(held files: [KeptMessage]) -> (deliveries: [Delivery], until: UInt64, served: Set<UInt32>) {
    let holds = files.compactMap(\.hold)
    let until = holds.map(\.until).max() ?? 0
    let timeout = files[0].content.timeout
    return (
      holds.map { Delivery(held: $0.recipient, uid: $0.uid, until: until, timeout: timeout) }, until,
      holds.reduce(into: []) { $0.formUnion($1.served) }
    )
  }
}

extension KeptMessage {
  /// Describes a message as it is to be on the disk.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - sender: the sender's uid.
  ///   - now: the milliseconds since 1970.
  ///   - places: the deliveries that were put off.
  ///   - hold: for whom it is held.
  @MainLoop
  init(_ message: Message, from sender: UInt32, at now: UInt64, places: [Place] = [], hold: HeldPlace? = nil) {
    let age = UInt64(max(0, message.age.microseconds / 1000))
    self.init(
      id: message.id, sender: sender, sent: now > age ? now - age : 0, content: message.content, places: places,
      hold: hold)
  }
}
