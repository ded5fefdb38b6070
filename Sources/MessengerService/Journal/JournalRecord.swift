/// The kinds of records that the journal has of messages, with their MESSAGE_ID; msgd(8) and msgd.catalog explain them.
enum JournalRecord: String, CaseIterable {
  /// A message was accepted, and is being delivered.
  case accepted = "7cc46af44d8c4baa9df79b6d2fe22668"
  /// The sender has changed a message's text.
  case updated = "72273f6003d84d1ba935c725a6013ceb"
  /// A delivery is final.
  case final = "1661b45a3bc24325ab3b3d37833a8a97"
  /// Some recipients of a message could not be found, or are on no desktop.
  case unreached = "a443c38ccfee4451a5c6b5fd8c790520"
  /// A call was refused.
  case refused = "02981b9bff984238b289c1db116a8bff"
}

/// The fields of these records. No field contains the message's text, its title, or a reply.
enum JournalField: String, CaseIterable {
  /// The kind of the record.
  case messageID = "MESSAGE_ID"
  /// Microseconds from `Send` to the final state.
  case elapsed = "MSGD_ELAPSED_USEC"
  /// The name of the error on the bus.
  case error = "MSGD_ERROR"
  /// The message's id, which `Send` returned.
  case id = "MSGD_ID"
  /// On whose behalf it was sent, if not the sender's own.
  case origin = "MSGD_ORIGIN"
  /// A recipient as the sender wrote it, one value for each.
  case recipient = "MSGD_RECIPIENT"
  /// The process that sent the message.
  case senderPID = "MSGD_SENDER_PID"
  /// The user who runs that process.
  case senderUID = "MSGD_SENDER_UID"
  /// The systemd unit that contains that process.
  case senderUnit = "MSGD_SENDER_UNIT"
  /// The session's id in logind.
  case session = "MSGD_SESSION"
  /// The final state.
  case state = "MSGD_STATE"
  /// The uid of the session's user.
  case uid = "MSGD_UID"
  /// The name of the session's user.
  case user = "MSGD_USER"
}
