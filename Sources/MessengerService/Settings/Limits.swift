/// How much a sender may do, and a recipient get. `dbus/msgd.conf` explains each number.
struct Limits: Sendable, Equatable {
  /// Messages of a sender in a minute.
  var messagesPerMinute: UInt32 = 60
  /// Messages that a sender who was silent may send at once.
  var burst: UInt32 = 20
  /// Calls of a sender in a minute, whatever they ask; a tenth of them at once.
  var callsPerMinute: UInt32 = 1200
  /// Calls of `Send` and `SendMessage` of a sender that have not been answered.
  var waitingCallsPerSender: UInt32 = 32
  /// Popups of a sender that are open, or on their way.
  var openPopupsPerSender: UInt32 = 200
  /// Popups of a recipient that are open, or on their way, whoever sent them; and as many more of the recipient's own.
  var openPopupsPerRecipient: UInt32 = 25
  /// Those of them that may be of one sender, other than root and the recipient.
  var openPopupsPerSenderAtRecipient: UInt32 = 5
  /// Recipients, as they are written, in a call.
  var recipientsPerCall: UInt32 = 1000

  /// Bytes of answers to a user in a minute, and at once: the list of 10 000 sessions has 5 MB. Answers that nobody
  /// reads stay with the bus, which has room for some (127 MiB with dbus-daemon) before it reads nothing more of
  /// msgd's.
  static let answersPerMinute: UInt32 = 2 << 20
  static let answersAtOnce: UInt32 = 8 << 20
  /// What is kept beyond that for short answers, in bytes: who is refused a long one is told so.
  static let shortAnswers: UInt32 = 4096

  /// The longest recipient, title or icon's name, in Unicode code points: msgd keeps them for a while.
  /// ``ReplyRules`` has the bounds of replies.
  static let wordLength = 256
}
