/// A duration as systemd writes it (systemd.time(7), "Parsing Time Spans"): `90s`, `10m`, `1h30m`, `2 days`; a number
/// without a unit is seconds.
struct TimeSpan: Equatable {
  /// The duration in seconds.
  let seconds: UInt32

  /// Its units with their seconds. Months and years of systemd's have no fixed number of days, and are left out.
  private static let units: [String: UInt32] = [
    "": 1, "s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600, "d": 86_400, "day": 86_400, "days": 86_400,
    "w": 604_800, "week": 604_800, "weeks": 604_800,
  ]

  /// Reads a text; `nil` if it is none of these, or longer than 136 years.
  init?(_ text: String) {
    var rest = Substring(text)
    var sum: UInt32 = 0
    repeat {
      let digits = rest.drop { $0 == " " }.prefix { ("0"..."9").contains($0) }
      let word = rest[digits.endIndex...].drop { $0 == " " }.prefix { ("a"..."z").contains($0) }
      guard let number = UInt32(digits), let unit = Self.units[String(word)] else { return nil }
      let (product, isTooLong) = number.multipliedReportingOverflow(by: unit)
      let (total, isSumTooLong) = sum.addingReportingOverflow(product)
      guard !isTooLong, !isSumTooLong else { return nil }
      sum = total
      rest = rest[word.endIndex...].drop { $0 == " " }
    } while !rest.isEmpty
    seconds = sum
  }
}
