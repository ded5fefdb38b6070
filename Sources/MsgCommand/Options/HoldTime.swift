import ArgumentParser
import MessengerContract

/// The value of `--hold`: for how long, or until when.
struct HoldTime: Equatable {
  /// The end.
  let end: TimeAhead

  /// Reads a duration such as `8h`, or `until` and a time of day such as `18:00`.
  ///
  /// - Throws: an error if it is neither.
  init(_ text: String) throws {
    let words = text.split(separator: " ")
    let isEnd = words.first.map { $0 == CommandLineParts.untilWord } ?? false
    guard let end = TimeAhead(isEnd ? words.dropFirst().joined(separator: " ") : text), isEnd != end.isDuration,
      end.isAllowed
    else {
      throw ValidationError("It is a duration up to 30d such as 8h, or a time of day: until 18:00.")
    }
    self.end = end
  }

  /// Returns the seconds from now until the end.
  func seconds(from now: Timestamp) -> UInt32 { UInt32(clamping: Int(end.time(from: now)) - now.seconds) }
}

extension TimeAhead {
  fileprivate var isDuration: Bool { if case .after = self { true } else { false } }

  fileprivate var isAllowed: Bool {
    if case .after(let seconds) = self { HoldRules.times.contains(seconds) } else { true }
  }
}
