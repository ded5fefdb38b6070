import ArgumentParser
import MessengerContract

/// The value of `--later`: times after which the message may come again, separated by commas.
struct LaterTimes: Equatable {
  /// The times in seconds, in the order of the command line.
  let seconds: [UInt32]

  /// Reads the words.
  ///
  /// - Throws: an error that names the word that is no duration.
  init(_ text: String) throws {
    seconds = try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      guard !word.isEmpty else { throw ValidationError("A time is missing beside a comma.") }
      guard let span = TimeSpan(String(word)), LaterRules.choices.contains(span.seconds) else {
        throw ValidationError("'\(word)' is no duration from 1s to 7d, such as 10m, 8h or 1h30m.")
      }
      return span.seconds
    }
  }
}

/// The value of `--until`: the end of putting off.
struct EndOfPuttingOff: Equatable {
  /// The end.
  let end: TimeAhead

  /// Reads a duration or a time of day, `18:00` or `18:00:30`.
  ///
  /// - Throws: an error if it is neither, or more than a week from now.
  init(_ text: String) throws {
    guard let end = TimeAhead(text) else { throw Self.fault }
    if case .after(let seconds) = end, UInt64(seconds) > LaterRules.latestEnd { throw Self.fault }
    self.end = end
  }

  private static var fault: ValidationError {
    ValidationError("It is a time of day such as 18:00, or a duration up to 7d such as 8h.")
  }

  /// Returns the time in seconds since 1970.
  func time(from now: Timestamp) -> UInt64 { end.time(from: now) }
}
