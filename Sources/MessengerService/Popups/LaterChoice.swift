internal import MessengerContract

/// A button that puts a message off.
struct LaterChoice: Sendable, Equatable {
  /// After how many seconds the message comes again.
  let seconds: UInt32
  /// The text on the button.
  private(set) var label: String

  /// Makes a button that is labelled in English.
  init(seconds: UInt32) {
    self.seconds = seconds
    label = Self.label(of: seconds, by: .english)
  }

  /// The action's key, which a sender's reply can't have.
  var key: String { LaterRules.key(for: seconds) }

  /// Returns the same button in a recipient's language.
  func translated(by catalog: MessageCatalog) -> LaterChoice {
    var choice = self
    choice.label = Self.label(of: seconds, by: catalog)
    return choice
  }

  /// The units of labels, with the seconds that each has.
  private static let units: [(text: PopupText, seconds: UInt32)] = [
    (.laterDays, 86_400), (.laterHours, 3600), (.laterMinutes, 60), (.laterSeconds, 1),
  ]

  /// Returns a label in the largest unit of which the time is a multiple: 5400 seconds are 90 minutes.
  private static func label(of seconds: UInt32, by catalog: MessageCatalog) -> String {
    let unit = units.first { seconds % $0.seconds == 0 } ?? (.laterSeconds, 1)
    return catalog[unit.text].filled(with: ["number": "\(seconds / unit.seconds)"])
  }
}
