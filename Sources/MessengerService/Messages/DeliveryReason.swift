internal import MessengerContract

/// The reason for a delivery's state, if the state alone doesn't say it.
enum DeliveryReason: Sendable, Equatable {
  /// The screen is locked, and the delivery waits.
  case locked
  /// The screen was locked until the popup's time was over.
  case lockedThroughout
  /// The desktop has no room for the popup, and the delivery waits. `showsOne`: the desktop shows one popup at a time;
  /// `isReturn`: the popup stood before, and gave way.
  case noRoom(showsOne: Bool, isReturn: Bool)
  /// There was no room until the popup's time was over.
  case noRoomThroughout(showsOne: Bool, isReturn: Bool)
  /// Another window of the sender's stands on the desktop, and the delivery waits.
  case otherWindow
  /// Another window of the sender's stood until the window's time was over.
  case otherWindowThroughout
  /// The desktop is set to "do not disturb".
  case doNotDisturb
  /// The user has too many open popups for one that was held.
  case crowded
  /// There is no such user any more.
  case userGone
  /// Any other failure.
  case error(MessengerError)

  /// The error that the sender gets.
  var error: MessengerError {
    switch self {
    case .locked: Self.failed("the screen is locked")
    case .lockedThroughout: Self.failed("the screen was locked all the while")
    case .noRoom(let showsOne, let isReturn):
      Self.failed("\(Self.limit(showsOne)), and \(Self.others(showsOne, took: isReturn))")
    case .noRoomThroughout(let showsOne, let isReturn):
      Self.failed("\(Self.limit(showsOne)), and others \(isReturn ? Self.tookPlace : "stood all the while")")
    case .otherWindow: Self.failed("another window of this sender stands, and each has one at a time")
    case .otherWindowThroughout: Self.failed("another window of this sender stood all the while")
    case .doNotDisturb: Self.failed(NotificationServerError.quiet)
    case .crowded: Self.failed("the user has too many open popups")
    case .userGone: MessengerError(.noSuchRecipient, "there is no such user any more")
    case .error(let error): error
    }
  }

  /// The desktop's notification server left while the popup stood.
  static let serverLeft = said(PopupVerdict.serverLeft)

  /// Makes a reason from the words of a popup's outcome.
  static func said(_ words: String) -> DeliveryReason { .error(failed(words)) }

  private static func failed(_ words: String) -> MessengerError { MessengerError(.failed, words) }

  private static func limit(_ showsOne: Bool) -> String {
    showsOne ? "the desktop shows one popup at a time" : "the desktop has no room for so many popups"
  }

  private static func others(_ showsOne: Bool, took: Bool) -> String {
    switch (showsOne, took) {
    case (true, true): "another one \(tookPlace)"
    case (true, false): "another one stands"
    case (false, true): "others \(tookPlace)"
    case (false, false): "others stand"
    }
  }

  private static let tookPlace = "took its place"
}
