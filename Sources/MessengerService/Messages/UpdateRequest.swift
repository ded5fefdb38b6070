internal import GBus
internal import MessengerContract

/// What a sender changes of a message, checked.
struct UpdateRequest: Sendable, Equatable {
  /// The new text, filtered by ``TextPolicy/body``; `nil` if the text stays.
  var body: String?
  /// What else changes. Options without a value stay.
  var options: SendOptions

  /// Makes a request.
  ///
  /// - Throws: `InvalidArgument` for an option that `Update` doesn't take, of the wrong type or out of range, which it
  ///   names, and for a text of which nothing is visible; `LimitExceeded` if the text is too long.
  init(body: String, options: [String: Value] = [:], settings: Settings) throws {
    self.body = body.isEmpty ? nil : try SendRequest.checked(body, settings)
    if let text = self.body, TextPolicy.isBlank(text) {
      throw MessengerError(.invalidArgument, "nothing of the text is visible; an empty one leaves the text as it is")
    }
    self.options = try SendOptions(checking: options, of: .update)
  }

  /// Whether it has words of the sender's, in the text or in the title.
  var hasText: Bool { body != nil || options.title != nil }

  /// How long the popup stays from now on; `nil` = until it is answered. The outer `nil`: its time goes on.
  var timeout: Duration?? { options.timeout.map(Settings.stay(seconds:)) }

  /// Changes what a message says.
  ///
  /// - Parameters:
  ///   - content: what it says.
  ///   - uid: the sender's uid.
  ///   - time: the time now, as the recipient reads it: that of a new text, for the title that msgd makes.
  func apply(to content: inout PopupContent, from uid: UInt32, at time: String) {
    if hasText { content.textVersion += 1 }
    if let body {
      content.body = body
      content.time = time
    }
    if let title = options.title {
      content.title = SenderName(content.sender, uid: uid).title(title, asks: content.question != nil)
    }
    if let icon = options.icon { content.icon = icon }
    if let progress = options.progress { content.progress = progress }
    if let timeout { content.timeout = timeout }
  }
}
