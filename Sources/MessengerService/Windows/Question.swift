/// What a message asks its recipients.
enum Question: Sendable, Equatable {
  /// An answer in words. An empty field shows the hint, which may be empty.
  case words(hint: String)
  /// One of several answers.
  case choice([String])
}
