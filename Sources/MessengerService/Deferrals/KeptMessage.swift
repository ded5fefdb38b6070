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

  var id: UInt64
  /// The sender's uid.
  var sender: UInt32
  /// When it was sent, in milliseconds since 1970.
  var sent: UInt64
  var content: PopupContent
  var places: [Place]

  /// The version of the form of files. Files of another version are left alone.
  static let version = "1"

  /// Makes the message again, for senders who have left the bus.
  ///
  /// - Parameters:
  ///   - now: the milliseconds since 1970.
  ///   - isKnown: whether the sender's uid is still the same user's. Otherwise the message is nobody's: whoever has
  ///     the uid now must neither change it in the other's name nor read the answers.
  /// - Returns: the message, with deliveries that are deferred.
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
}
