internal import GBus
internal import MessengerContract

extension PopupContent {
  /// What a popup needs that holds a message with others: see ``CombinedPopup``.
  struct Combining: Sendable, Equatable {
    /// The title of a popup that holds several messages, with the place of their number.
    var title: String
    /// The message's title in full.
    var heading: String
    /// The same in few words: without a title from the sender, the sender's name and the time.
    var label: String
    /// Whether a popup of its own shows only the beginning of the message.
    var isLong: Bool
    /// Whether this content is that of several messages.
    var isDone = false
  }

  /// Whether one popup can hold the message with others. A message with buttons needs a popup for them, and one whose
  /// whole text no window can show needs the room.
  var isCombinable: Bool { combining != nil && whole != nil && isAnsweredByOK }
}

extension NotificationServerQuirks {
  /// How many messages one popup can hold, if the server shows one at a time: as many as have a line of their own. A
  /// popup that grows with its text has room for 25 on a screen of 1280 × 800; others show six lines.
  var partsInOne: Int? { room?.popups == 1 ? CombinedContent.lines(growing: growsWithText) : nil }
}

/// What a popup says that holds several messages: each under its own title, root's before all others, the newest first.
///
/// Senders can't write a title that looks like msgd's. Each title begins with ``mark``, which texts don't contain. In
/// the popup, a text has no line breaks of its own. In the window, each of its lines is indented, unless it is empty.
struct CombinedContent {
  /// A message.
  struct Part {
    var content: PopupContent
    /// Whether it is root's.
    var isRoot: Bool
    /// Its number in the order of sending.
    var number: UInt64
  }

  private let parts: [Part]
  private let growing: Bool

  /// Begins each message's title.
  static let mark = "■"

  /// The letters of a line: see ``PopupOrder/Room``.
  private static let columns = 40
  /// How many code points a line has for each of its columns at most, as letters with marks need.
  private static let scalarsPerColumn = 4
  /// The widest label before a text in the same line.
  private static let labelColumns = 26
  /// The most lines of a message.
  private static let mostLines = 3
  /// More code points than any message can have in the popup.
  private static let mostScalars = scalarsPerColumn * (mostLines - 1) * columns + 1
  /// How many code points of a text are read for the popup, with white space that it may begin with.
  private static let mostRead = 1024
  /// The most bytes of the window's text. The texts of 25 messages of the usual greatest length have fewer, in any
  /// script.
  private static let mostBytes = 524_288

  /// How many lines a popup shows.
  static func lines(growing: Bool) -> Int { growing ? 25 : 6 }

  /// - Parameters:
  ///   - parts: the messages, at least one.
  ///   - growing: whether the popup grows with its text.
  init(_ parts: [Part], growing: Bool) {
    self.parts = parts.sorted { ($0.isRoot ? 1 : 0, $0.number) > ($1.isRoot ? 1 : 0, $1.number) }
    self.growing = growing
  }

  /// Returns what the popup says. A single message looks as it would in a popup of its own.
  ///
  /// - Parameter urgency: the lowest urgency that it may have.
  /// - Returns: the content, without a time, and without the text of the window: see ``window(id:)``.
  func content(atLeast urgency: Urgency) -> PopupContent {
    var content = newest
    content.urgency = Self.highest(of: [urgency] + parts.map(\.content.urgency))
    guard parts.count > 1 else {
      if content.combining?.isLong == false { content.whole = nil }
      return content
    }
    content.title = title
    content.body = parts.map(text).joined(separator: "\n")
    content.progress = nil
    content.whole?.window.text = ""
    content.combining?.isDone = true
    return content
  }

  /// Returns the window for *Show all*. Its text is only made when it opens, because it is long.
  ///
  /// - Parameter id: makes the name of the window's unit unique, together with the newest message.
  /// - Returns: the window; `nil` if the newest message has none.
  func window(id: Int) -> WholeText? {
    guard var whole = newest.whole, parts.count > 1 else { return newest.whole }
    whole.window.heading = title
    whole.window.text = wholeText
    whole.window.unit += "-\(parts.count)-\(id)"
    return whole
  }

  private var newest: PopupContent { parts.max { $0.number < $1.number }?.content ?? parts[0].content }

  private var title: String {
    (newest.combining?.title ?? "").filled(with: ["count": String(parts.count)])
  }

  /// Returns the beginning of a message, in as many lines as each has.
  private func text(of part: Part) -> String {
    let content = part.content
    let lines = min(Self.mostLines, max(1, Self.lines(growing: growing) / parts.count))
    let progress = content.progress.map { "\($0)% " } ?? ""
    guard lines > 1 else {
      let label = Self.beginning(of: Self.line(of: content.combining?.label ?? content.title), Self.labelColumns)
      return Self.beginning(of: "\(Self.mark) \(label): \(progress)\(Self.line(of: content.body))", Self.columns)
    }
    let title = Self.beginning(of: "\(Self.mark) \(Self.line(of: content.title))", Self.columns)
    return "\(title)\n\(Self.beginning(of: progress + Self.line(of: content.body), (lines - 1) * Self.columns))"
  }

  /// The window's text. If it is too long, the longest messages are cut, all to the same length.
  private var wholeText: String {
    let texts = parts.map { part in
      let title = Self.unmarked(part.content.combining?.heading ?? part.content.title)
      let lines = Self.unmarked(part.content.body).split(separator: "\n", omittingEmptySubsequences: false)
      return "\(Self.mark) \(title)\n" + lines.map { $0.isEmpty ? "\n" : "\n    \($0)" }.joined()
    }
    let share = Self.share(of: Self.mostBytes, among: texts.map(\.utf8.count))
    return texts.map { Self.beginning(of: $0, bytes: share) }.joined(separator: "\n\n")
  }

  /// Returns the length to which texts are cut so that all together have no more than some bytes. Short ones leave the
  /// others what they don't need.
  private static func share(of most: Int, among lengths: [Int]) -> Int {
    var left = most
    for (index, length) in lengths.sorted().enumerated() {
      let share = left / (lengths.count - index)
      guard length <= share else { return share }
      left -= length
    }
    return .max
  }

  private static func highest(of urgencies: [Urgency]) -> Urgency {
    Urgency.allCases.last { urgencies.contains($0) } ?? .critical
  }

  private static func unmarked(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(CombinedMark.isLike(scalar) ? CombinedMark.instead : scalar) }
    return String(result)
  }

  /// Returns a text in one line and without marks, or as much of it as a popup could show and a little more. Each
  /// message's text is read at each change, so that it matters how much.
  private static func line(of text: String) -> String {
    var kept = String.UnicodeScalarView()
    var left = mostScalars
    var isAfterSpace = false
    for scalar in text.unicodeScalars.prefix(mostRead) {
      guard !scalar.properties.isWhitespace else {
        isAfterSpace = true
        continue
      }
      guard left > 0 else { break }
      if isAfterSpace, !kept.isEmpty { kept.append(" ") }
      let isReplaced = CombinedMark.isLike(scalar) || BroadLetters.isWord(scalar)
      kept.append(isReplaced ? CombinedMark.instead : scalar)
      isAfterSpace = false
      left -= 1
    }
    if left > 0, text.unicodeScalars.dropFirst(mostRead).first != nil { kept.append("…") }
    return String(kept)
  }

  /// Returns the beginning of a line, without characters that would turn what follows it. Characters that take no room
  /// are bounded, too.
  private static func beginning(of text: String, _ columns: Int) -> String {
    let mostScalars = scalarsPerColumn * columns
    guard BroadLetters.columns(of: text) > columns || text.unicodeScalars.count > mostScalars else { return text }
    var kept = ""
    var width = 1  // the ellipsis
    var scalars = 0
    for character in text {
      width += BroadLetters.columns(of: String(character))
      scalars += character.unicodeScalars.count
      guard width <= columns, scalars <= mostScalars else { break }
      kept.append(character)
    }
    return TextPolicy.body.applied(to: kept) + "…"
  }

  private static func beginning(of text: String, bytes: Int) -> String {
    guard text.utf8.count > bytes else { return text }
    var kept = String.UnicodeScalarView()
    var size = 0
    for scalar in text.unicodeScalars {
      size += String(scalar).utf8.count
      guard size <= bytes else { break }
      kept.append(scalar)
    }
    return TextPolicy.body.applied(to: String(kept)) + "…"
  }
}
