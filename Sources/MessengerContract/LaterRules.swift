/// The rules for putting a message off. msg checks them before it sends, and msgd for every caller.
public enum LaterRules {
  /// The times that a user may choose from, in seconds: a second to a week.
  public static let choices: ClosedRange<UInt32> = 1...604_800
  /// How long after sending putting off ends unless the sender says so, in seconds: a day.
  public static let usualEnd: UInt64 = 86_400
  /// The latest end of putting off after sending, in seconds: a week.
  public static let latestEnd: UInt64 = 604_800
  /// The beginning of the keys of the buttons, which ends with the seconds.
  public static let keyPrefix = "later-"

  /// Returns the key of the button for a choice.
  public static func key(for seconds: UInt32) -> String { "\(keyPrefix)\(seconds)" }

  /// The most choices beside a number of reply buttons. OK counts as a button: together there are no more than
  /// ``ReplyRules/most``, because some desktops show no more.
  public static func mostChoices(besides replies: Int) -> Int { ReplyRules.most - max(1, replies) }

  /// Checks choices, and says why they aren't accepted, as a sentence without its end.
  ///
  /// - Parameters:
  ///   - later: the choices, in any order.
  ///   - replies: the number of reply buttons.
  /// - Returns: the reason, or `nil`.
  public static func fault(in later: [UInt32], besides replies: Int) -> String? {
    let most = mostChoices(besides: replies)
    if later.count > most {
      return "there are \(later.count) times, and at most \(most) can have a button beside "
        + (replies > 1 ? "\(replies) reply buttons" : replies == 1 ? "the reply button" : "OK")
    }
    if let wrong = later.first(where: { !choices.contains($0) }) {
      return "a time is \(choices.lowerBound) to \(choices.upperBound) seconds, not \(wrong)"
    }
    var seen: Set<UInt32> = []
    return later.first { !seen.insert($0).inserted }.map { "\($0) s is there twice" }
  }
}
