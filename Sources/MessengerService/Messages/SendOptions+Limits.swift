internal import MessengerContract

/// The checks that bound every word that msgd remembers of a message's options: see ``Limits/wordLength``.
extension SendOptions {
  /// Checks the texts, and the number of buttons.
  ///
  /// - Throws: `InvalidArgument`, naming the option.
  func check() throws {
    if let title { try Self.checkLength(of: title, "the option title") }
    if let icon { try Self.check(icon: icon) }
    try checkQuestion()
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
    try checkLater()
    guard hold == nil || terminals == nil || terminals == .no else {
      throw MessengerError(
        .invalidArgument, "the options hold and terminals exclude each other: messages are held for desktops")
    }
  }

  /// Checks the length of a word.
  ///
  /// - Throws: `InvalidArgument`, which calls the word by `name`.
  static func checkLength(of text: String, _ name: String, atMost most: Int = Limits.wordLength) throws {
    let length = text.unicodeScalars.count
    guard length <= most else {
      throw MessengerError(
        .invalidArgument, "\(name) has \(length) characters, and at most \(most) are taken")
    }
  }

  private static func check(icon: String) throws {
    try checkLength(of: icon, "the option icon")
    guard PlainName.isPlain(icon) else {
      throw MessengerError(
        .invalidArgument, "the option icon wants an icon's name (\(PlainName.shape)), not '\(Quotation(icon))'")
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
}
