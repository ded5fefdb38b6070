/// How much a bus may send and keep waiting, by whose bus it is.
struct BusBounds: Sendable {
  /// The longest message that is taken, in bytes, by what it is.
  struct Lengths: Sendable {
    /// A call of ours.
    var call: Int
    /// What we asked for.
    var answer: Int
    /// A signal.
    var signal: Int
    /// What comes before the body of a message that is too long: who is to be told so stands there.
    var header: Int
  }

  /// `nil` where each message counts against a credit, and one that is too long ends the connection
  /// (`MsgReceiveBudget`). Else what is too long is passed over, and its sender is told.
  let lengths: Lengths?
  /// What messages are taken note of; `nil` = all.
  let admission: Connection.Admission?
  /// What is read at once, in bytes.
  let portion: Int
  /// How much may wait for the bus to read, in bytes; with more, the connection ends.
  let mostOutgoing: Int
  /// With how much waiting nothing more is read, which might want an answer.
  let restraint: Int
  /// How long the bus may read nothing while there is something to send.
  var timeout: Duration
  /// Whether it passes file descriptors.
  var passesDescriptors = false

  /// Of a bus that may be hostile.
  static func sessionBus(admitting admission: Connection.Admission) -> BusBounds {
    BusBounds(
      lengths: nil, admission: admission, portion: 4 << 10, mostOutgoing: 1 << 20, restraint: 1 << 20,
      timeout: .seconds(5))
  }

  /// Of the system bus, which says truly who sent what, lets none but whom we asked answer, and is fair between those
  /// who call. They may be hostile.
  ///
  /// - A call: the longest text that msgd.conf allows has 256 Ki code points, which is 1 MiB.
  /// - An answer: logind's list of 10 000 sessions has 1.2 MB.
  /// - A signal: logind's and the bus's have some hundred bytes, and anybody may send us one.
  /// - What waits: who sees all sessions may ask for the list of 10 000 some times at once; it has 5 MB.
  /// - How long: the bus reads what it is sent, but for one that is stopped, and one that keeps too much of ours for
  ///   those who read nothing: dbus-daemon leaves who has sent 127 MiB of that (`max_incoming_bytes`, dbus-daemon(1))
  ///   unread until they have gone. On another connection msgd is heard again.
  static let systemBus = BusBounds(
    lengths: Lengths(call: 1 << 20, answer: 8 << 20, signal: 64 << 10, header: 64 << 10), admission: nil,
    portion: 64 << 10, mostOutgoing: 64 << 20, restraint: 1 << 20, timeout: .seconds(60))
}
