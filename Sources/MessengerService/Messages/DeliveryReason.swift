internal import MessengerContract

/// Why a delivery is where it is, where its state doesn't say it.
enum DeliveryReason: Sendable, Equatable {
  /// The screen is locked: it waits.
  case locked
  /// The screen was locked until the popup's time was over.
  case lockedThroughout
  /// The desktop has no room for the popup: it waits. `showsOne`: the desktop has room for one; `isReturn`: the popup
  /// stood before, and gave way.
  case noRoom(showsOne: Bool, isReturn: Bool)
  /// There was none until the popup's time was over.
  case noRoomThroughout(showsOne: Bool, isReturn: Bool)
  /// The desktop is set to that.
  case doNotDisturb
  /// Anything else that went wrong.
  case error(MessengerError)

  /// What the sender is told.
  var error: MessengerError {
    switch self {
    case .locked: Self.failed("the screen is locked")
    case .lockedThroughout: Self.failed("the screen was locked all the while")
    case .noRoom(let showsOne, let isReturn):
      Self.failed("\(Self.limit(showsOne)), and \(Self.others(showsOne, took: isReturn))")
    case .noRoomThroughout(let showsOne, let isReturn):
      Self.failed("\(Self.limit(showsOne)), and others \(isReturn ? Self.tookPlace : "stood all the while")")
    case .doNotDisturb: Self.failed(NotificationServerError.quiet)
    case .error(let error): error
    }
  }

  /// What a popup's end has to say.
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
