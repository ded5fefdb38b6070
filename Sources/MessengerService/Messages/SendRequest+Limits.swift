internal import MessengerContract

/// The checks that bound every word that msgd remembers of a message: see ``Limits/wordLength``.
extension SendRequest {
  /// Checks the number of recipients and the length of each.
  ///
  /// - Throws: `InvalidArgument` if there are too many, because no later call can send to them either, or if one is
  ///   longer than any name.
  static func check(_ recipients: [String], _ limits: Limits) throws {
    try checkCount(of: recipients.count, limits)
    for recipient in recipients { try check(recipient, "a recipient") }
  }

  /// Checks the number of recipients.
  ///
  /// - Throws: `InvalidArgument`, because no later call can send to them either.
  static func checkCount(of recipients: Int, _ limits: Limits) throws {
    guard recipients <= limits.recipientsPerCall else {
      throw MessengerError(
        .invalidArgument, "too many recipients: \(recipients) (RecipientsPerCall=\(limits.recipientsPerCall))")
    }
  }

  /// Checks the texts of the options, and the number of buttons.
  ///
  /// - Throws: `InvalidArgument`, naming the option.
  func checkOptions() throws {
    let replies = options.replies
    if let title = options.title { try Self.check(title, "the option title") }
    try Self.check(icon, "the option icon")
    guard PlainName.isPlain(icon) else {
      throw MessengerError(
        .invalidArgument, "the option icon wants an icon's name (\(PlainName.shape)), not '\(Quotation(icon))'")
    }
    guard replies.count <= ReplyRules.most else {
      throw Self.wrong("there are \(replies.count) buttons, and at most \(ReplyRules.most) are taken")
    }
    var keys: Set<String> = []
    for reply in replies {
      try Self.check(reply)
      guard keys.insert(reply.key).inserted else { throw Self.wrong("two buttons have the key '\(reply.key)'") }
    }
    let columns = replies.reduce(0) { $0 + TextPolicy.columns(of: $1.label) }
    guard columns <= ReplyRules.allLabelsColumns else {
      throw Self.wrong("the labels have \(columns) columns, and at most \(ReplyRules.allLabelsColumns) are taken")
    }
  }

  private static func check(_ reply: Reply) throws {
    if let fault = ReplyRules.fault(inKey: reply.key) { throw wrong("the key '\(Quotation(reply.key))' \(fault)") }
    if TextPolicy.isBlank(reply.label) { throw wrong("the button with the key '\(reply.key)' has no label") }
    guard
      TextPolicy.columns(of: reply.label) <= ReplyRules.labelColumns,
      reply.label.unicodeScalars.count <= ReplyRules.labelLength
    else {
      throw wrong(
        """
        the label '\(Quotation(reply.label))' is too long: at most \(ReplyRules.labelColumns) columns \
        are taken, of which wide characters have two
        """)
    }
  }

  private static func wrong(_ reason: String) -> MessengerError {
    MessengerError(.invalidArgument, "the option replies: \(reason)")
  }

  private static func check(_ text: String, _ name: String) throws {
    let length = text.unicodeScalars.count
    guard length <= Limits.wordLength else {
      throw MessengerError(
        .invalidArgument, "\(name) has \(length) characters, and at most \(Limits.wordLength) are taken")
    }
  }
}
