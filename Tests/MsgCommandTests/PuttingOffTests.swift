import Foundation
import MessengerContract
import Testing

@testable import MsgCommand

/// `--later` and `--until`.
@Suite struct PuttingOffTests {
  @Test(
    arguments: [
      ("90s", 90), ("90", 90), ("10m", 600), ("8h", 28_800), ("3d", 259_200), ("1h30m", 5400), ("1h 30min", 5400),
      ("2 days", 172_800), ("1w", 604_800), ("1m1", 61), ("4294967295", .max),
    ] as [(String, UInt32)])
  func durations(_ text: String, _ seconds: UInt32) { #expect(TimeSpan(text)?.seconds == seconds) }

  @Test(arguments: [
    "", " ", "m", "10x", "-1", "+1", "1.5h", "10M", "1h,", "4294967296", "71582789m", "9h4294967295s", "١m",
  ])
  func noDurations(_ text: String) { #expect(TimeSpan(text) == nil) }

  @Test func timesGoToTheService() throws {
    let run = Run("bob", "--later", "1h,10m", "--until=8h", "hi")
    #expect(run.call?.options.later == [3600, 600])
    #expect(run.call?.options.until == UInt64(1_795_241_721 + 28_800))
  }

  @Test(
    arguments: [
      (["--later", "10"], nil), (["--later", "0s"], "'0s' is no duration from 1s to 7d"),
      (["--later", "8d"], "'8d' is no duration"), (["--later", "10m,,1h"], "A time is missing beside a comma"),
      (["--later", "1m,2m,3m"], "there are 3 times"), (["--later", "1m,60s"], "60 s is there twice"),
      (["--later", "1m,2m", "--reply", "a=A", "--reply", "b=B"], "at most 1 can have a button"),
      (["--until", "18:00"], "--until needs --later"),
      (["--later=1m", "--until", "24:00"], "a time of day such as 18:00"),
      (["--later=1m", "--until", "8d"], "a duration up to 7d"), (["--later=1m", "--until", "1:5"], "a time of day"),
      (["--update=3", "--later=1m"], "--update and --later can't be combined"),
    ] as [([String], String?)])
  func refusals(_ options: [String], _ reason: String?) {
    let words = (options.contains { $0.hasPrefix("--update") } ? options : ["bob"] + options) + ["hi"]
    let run = Run(words.map { Array($0.utf8) })
    #expect(run.status == (reason == nil ? .success : .usage))
    if let reason { #expect(run.errors.contains(reason)) }
  }

  @Test func whatNobodyCanPutOffIsTold() {
    #expect(Run("bob", "--later", "10m,1h", "--until=30m", "hi").errors.isEmpty)
    let line = "msg: nobody can put the message off: 600 s would go beyond the end, 300 s from now; see --until\n"
    #expect(Run("bob", "--later", "1h,10m", "--until=5m", "hi").errors == line)
    #expect(Run("bob", "--later", "2d", "hi").errors.contains("172800 s would go beyond the end, 86400 s from now"))
  }

  @Test func theNextTimeOfDayIsMeant() throws {
    // By the machine's own time zone, whatever it is.
    let calendar = Calendar.current
    for (hour, minute, text) in [(18, 0, "18:00"), (6, 5, "06:05"), (23, 59, "23:59"), (0, 0, "0:00")] {
      let end = try EndOfPuttingOff(text)
      for now in [1_795_241_721, 1_795_270_000, 1_774_746_000] {
        let date = Date(timeIntervalSince1970: TimeInterval(now))
        let next = try #require(
          calendar.nextDate(
            after: date, matching: DateComponents(hour: hour, minute: minute, second: 0), matchingPolicy: .nextTime))
        #expect(end.time(from: Timestamp(seconds: now)) == UInt64(next.timeIntervalSince1970))
      }
    }
    #expect(try EndOfPuttingOff("18:00:30").end == .timeOfDay(seconds: 64_830))
  }

  @Test func theDayIsSaidIfItIsAnother() {
    let now = Timestamp(seconds: 1_795_241_721)
    #expect(Timestamp(seconds: now.seconds).clock(seenAt: now).count == 5)
    #expect(Timestamp(seconds: now.seconds + 172_800).clock(seenAt: now).hasPrefix("2026-11-23 "))
  }
}
