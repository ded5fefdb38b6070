/// The limits on what a sender may do and a recipient may get. `dbus/msgd.conf` explains each number.
struct Limits: Sendable, Equatable {
  /// Messages of a sender in a minute.
  var messagesPerMinute: UInt32 = 60
  /// Messages that a sender may send at once after sending none for some time.
  var burst: UInt32 = 20
  /// Calls of a sender in a minute, of whatever kind; a tenth of them may come at once.
  var callsPerMinute: UInt32 = 1200
  /// Unanswered calls of `Send` and `SendMessage` of a sender.
  var waitingCallsPerSender: UInt32 = 32
  /// Popups of a sender that are open or on their way.
  var openPopupsPerSender: UInt32 = 200
  /// Popups of a recipient that are open or on their way, from all senders; the recipient's own may be as many more.
  var openPopupsPerRecipient: UInt32 = 25
  /// How many of these may be from one sender, other than root and the recipient.
  var openPopupsPerSenderAtRecipient: UInt32 = 5
  /// Messages of a sender that are held, counted for each recipient.
  var heldMessagesPerSender: UInt32 = 200
  /// Messages that are held for a recipient, from all senders but root.
  var heldMessagesPerRecipient: UInt32 = 100
  /// How many of these may be from one sender.
  var heldMessagesPerSenderAtRecipient: UInt32 = 20
  /// Recipients in a call, counted as they are written.
  var recipientsPerCall: UInt32 = 1000

  /// Bytes of answers to a user in a minute, and at once. The list of 10 000 sessions has 5 MB. Unread answers stay
  /// with the bus, which has limited room for them (127 MiB with dbus-daemon) and then reads nothing more from msgd.
  static let answersPerMinute: UInt32 = 2 << 20
  static let answersAtOnce: UInt32 = 8 << 20
  /// Bytes reserved beyond that for short answers, so that a refusal of a long answer can be sent.
  static let shortAnswers: UInt32 = 4096

  /// The longest recipient, title or icon name, in Unicode code points, because msgd remembers them. ``ReplyRules`` has
  /// the bounds of replies.
  static let wordLength = 256
}
