import MessengerContract
import Testing

@testable import BridgeService

@Suite struct ShutdownCountdownTests {
  private static let second: UInt64 = 1_000_000
  private static let minute = 60 * second
  private static let day = 1440 * minute
  /// 18:00 of some day, in microseconds.
  private static let evening = 20_000 * day + 1080 * minute

  private let reboot = ScheduledShutdown(kind: .reboot, time: evening, wallMessage: "New kernel", uid: 0)

  /// A clock in UTC, at some time before the shutdown.
  private func clock(_ left: UInt64) -> LocalClock { clock(at: Self.evening - left) }

  private func clock(at now: UInt64) -> LocalClock {
    LocalClock(now: { now }) { seconds in
      func digits(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
      let minutes = seconds / 60
      return LocalClock.Reading(
        date: "day \(minutes / 1440)", time: "\(digits(minutes % 1440 / 60)):\(digits(minutes % 60))")
    }
  }

  private func notice(_ left: UInt64) -> ShutdownNotice { ShutdownNotice(of: reboot, at: clock(left)) }

  @Test func countsDownInPlace() {
    var countdown = ShutdownCountdown()
    let five = notice(5 * Self.minute)
    #expect(countdown.steps(for: reboot, at: clock(5 * Self.minute)) == [.show(five)])
    #expect(countdown.steps(for: reboot, at: clock(5 * Self.minute - 1)) == [])
    #expect(countdown.steps(for: reboot, at: clock(4 * Self.minute)) == [.change(notice(4 * Self.minute))])
    #expect(countdown.steps(for: nil, at: clock(3 * Self.minute)) == [.withdraw])
    #expect(countdown.steps(for: nil, at: clock(3 * Self.minute)) == [])
  }

  @Test func isShownAnewInEachPhase() {
    var countdown = ShutdownCountdown()
    for (left, urgency) in [(20 * Self.minute, "normal"), (5 * Self.minute, "normal"), (Self.minute, "critical")] {
      let expected = notice(left)
      #expect(expected.urgency.rawValue == urgency)
      let steps = countdown.steps(for: reboot, at: clock(left))
      #expect(steps == (left == 20 * Self.minute ? [] : [.withdraw]) + [.show(expected)])
    }
  }

  @Test func anotherScheduleIsAnotherPopup() {
    var countdown = ShutdownCountdown()
    var later = reboot
    later.time += Self.minute
    _ = countdown.steps(for: reboot, at: clock(4 * Self.minute))
    let steps = countdown.steps(for: later, at: clock(4 * Self.minute))
    #expect(steps == [.withdraw, .show(ShutdownNotice(of: later, at: clock(4 * Self.minute)))])
  }

  /// Whoever sits at the machine may schedule a shutdown, and set a text.
  @Test func onlyRootsTextIsShown() {
    func end(_ uid: UInt32?, _ name: String? = nil) -> String {
      var shutdown = reboot
      (shutdown.uid, shutdown.userName) = (uid, name)
      let notice = ShutdownNotice(of: shutdown, at: clock(4 * Self.minute))
      return notice.body.split(separator: "\n").dropFirst(2).joined(separator: "\n")
    }
    #expect(end(0) == "New kernel")
    #expect(end(1001, "alice") == "alice has scheduled it.")
    #expect(end(1001) == "The user 1001 has scheduled it.")
    #expect(end(nil) == "")
  }

  @Test func whatNobodyHasSeenIsShownAgain() {
    var countdown = ShutdownCountdown()
    _ = countdown.steps(for: reboot, at: clock(4 * Self.minute))
    countdown.forget()
    #expect(countdown.steps(for: reboot, at: clock(3 * Self.minute)) == [.show(notice(3 * Self.minute))])
    countdown.forget()
    #expect(countdown.steps(for: nil, at: clock(3 * Self.minute)) == [])
  }

  @Test func isSilentIfUsersAreNotToBeTold() {
    var countdown = ShutdownCountdown()
    var silent = reboot
    silent.isAnnounced = false
    #expect(countdown.steps(for: silent, at: clock(4 * Self.minute)) == [])
    _ = countdown.steps(for: reboot, at: clock(4 * Self.minute))
    #expect(countdown.steps(for: silent, at: clock(4 * Self.minute)) == [.withdraw])
  }

  @Test func endsSomeTimeAfterTheShutdownThatDidNotCome() {
    var countdown = ShutdownCountdown()
    _ = countdown.steps(for: reboot, at: clock(10 * Self.second))
    #expect(countdown.steps(for: reboot, at: clock(at: Self.evening + 1)) == [.change(notice(0))])
    #expect(countdown.steps(for: reboot, at: clock(at: Self.evening + Self.minute)) == [.withdraw])
    #expect(ShutdownCountdown.delay(for: reboot, at: clock(at: Self.evening + Self.minute)) == nil)
    #expect(ShutdownCountdown.delay(for: nil, at: clock(0)) == nil)
  }

  @Test(arguments: [
    (UInt64(7200), 60), (3601, 1), (3600, 60), (300, 60), (290, 50), (61, 1), (60, 10), (55, 5), (1, 1), (0, 60),
  ])
  func delays(_ left: UInt64, _ seconds: Int) {
    #expect(ShutdownCountdown.delay(for: reboot, at: clock(left * Self.second)) == .seconds(seconds))
  }

  @Test(arguments: [
    (UInt64(7200), "at 18:00"), (3600, "in 60 minutes"), (241, "in 5 minutes"), (240, "in 4 minutes"),
    (60, "in 1 minute"), (51, "in 1 minute"), (50, "in 50 seconds"), (1, "in 10 seconds"),
  ])
  func texts(_ left: UInt64, _ when: String) {
    let notice = notice(left * Self.second)
    #expect(notice.title == "Restart at 18:00")
    #expect(notice.body == "This machine restarts \(when).\nPlease save your work.\nNew kernel")
    #expect(notice.icon == "system-reboot")
  }

  @Test func end() { #expect(notice(0).body == "This machine restarts now.\nNew kernel") }

  @Test func anotherDayAndKind() {
    let shutdown = ScheduledShutdown(kind: .poweroff, time: Self.evening)
    let notice = ShutdownNotice(of: shutdown, at: clock(at: Self.evening - Self.day))
    #expect(notice.title == "Shutdown at day 20000 18:00")
    #expect(notice.body == "This machine shuts down at day 20000 18:00.\nPlease save your work.")
    #expect(notice.icon == "system-shutdown")
  }

  @Test(arguments: [UInt64.max, UInt64.max - 1])
  func aTimeThatNeverComes(_ time: UInt64) {
    var countdown = ShutdownCountdown()
    let never = ScheduledShutdown(kind: .halt, time: time)
    #expect(countdown.steps(for: never, at: clock(0)).count == 1)
    #expect(ShutdownCountdown.delay(for: never, at: clock(0)) != nil)
  }

  @Test func theMachinesClock() {
    let reading = LocalClock.system.reading(0)
    #expect(reading.date.count == 10 && reading.time.count == 5)
    #expect(LocalClock.system.now() > Self.minute)
  }
}
