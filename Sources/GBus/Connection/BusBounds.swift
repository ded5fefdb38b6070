/// The bounds on what a bus may send and leave unread. They depend on whose bus it is.
struct BusBounds: Sendable {
  /// The longest accepted messages, in bytes, by kind.
  struct Lengths: Sendable {
    /// A call of this process's methods.
    var call: Int
    /// An answer to one of its calls.
    var answer: Int
    /// A signal.
    var signal: Int
    /// The header of a message that is too long. It says who must be told so.
    var header: Int
  }

  /// `nil` if each message counts against a credit, and a message that is too long ends the connection
  /// (`MsgReceiveBudget`). Otherwise a message that is too long is skipped, and its sender gets an error.
  let lengths: Lengths?
  /// The messages that are handled; `nil` = all.
  let admission: Connection.Admission?
  /// How many bytes are read at once.
  let portion: Int
  /// How many bytes may wait for the bus to read. Beyond that the connection ends.
  let mostOutgoing: Int
  /// How many bytes may wait before msgd stops reading, because what it reads might need an answer.
  let restraint: Int
  /// How long the bus may read nothing while there is something to send.
  var timeout: Duration
  /// Whether the bus passes file descriptors.
  var passesDescriptors = false

  /// Returns the bounds of a bus that may be hostile.
  static func sessionBus(admitting admission: Connection.Admission) -> BusBounds {
    BusBounds(
      lengths: nil, admission: admission, portion: 4 << 10, mostOutgoing: 1 << 20, restraint: 1 << 20,
      timeout: .seconds(5))
  }

  /// The bounds of the system bus. The bus says truthfully who sent what, lets only those answer who were asked, and is
  /// fair between callers. The callers may be hostile.
  ///
  /// - Calls: the longest text that msgd.conf allows has 256 Ki code points, which is 1 MiB.
  /// - Answers: logind's list of 10 000 sessions has 1.2 MB.
  /// - Signals: logind's and the bus's have some hundred bytes, and anybody may send signals.
  /// - Unread bytes: a caller who sees all sessions may ask several times at once for a list of 10 000, which has 5 MB.
  /// - Time: the bus reads what msgd sends, unless it is stopped, or holds too many of msgd's messages for receivers
  ///   who read nothing. dbus-daemon reads nothing more from a sender of 127 MiB of such messages until these receivers
  ///   have gone (`max_incoming_bytes`, dbus-daemon(1)). On another connection it reads msgd's messages again.
  static let systemBus = BusBounds(
    lengths: Lengths(call: 1 << 20, answer: 8 << 20, signal: 64 << 10, header: 64 << 10), admission: nil,
    portion: 64 << 10, mostOutgoing: 64 << 20, restraint: 1 << 20, timeout: .seconds(60))
}
