import GBus
import Testing

@testable import MessengerService

struct LoginSessionTests {
  @Test(
    arguments: [
      ("user", true), ("user-early", true), ("user-light", true), ("user-early-light", true),
      ("user-incomplete", false),
      ("greeter", false), ("lock-screen", false), ("background", false), ("background-light", false),
      ("manager", false), ("manager-early", false), ("none", false), ("", false), ("User", false),
    ]) func graphicalByClass(_ sessionClass: String, _ isGraphical: Bool)
  {
    #expect(LoginSession.test(sessionClass: sessionClass).isGraphical == isGraphical)
  }

  @Test(
    arguments: [
      ("user", true), ("user-early", true), ("user-light", true), ("user-early-light", true), ("user-incomplete", true),
      ("greeter", true), ("lock-screen", true), ("background", true), ("background-light", true), ("", true),
      ("manager", false), ("manager-early", false),
    ]) func aServiceManagerIsNoLogin(_ sessionClass: String, _ isLogin: Bool)
  {
    #expect(LoginSession.test(sessionClass: sessionClass).isLogin == isLogin)
  }

  @Test(
    arguments: [
      ("x11", true), ("wayland", true), ("mir", true), ("tty", false), ("web", false), ("unspecified", false),
      ("", false),
    ]) func graphicalByType(_ type: String, _ isGraphical: Bool)
  {
    #expect(LoginSession.test(type: type).isGraphical == isGraphical)
  }

  /// A desktop that is started from a terminal doesn't change the session's type. ssh makes sessions without a seat.
  @Test(arguments: [
    ("tty", "seat0", true, true), ("tty", "seat0", false, false), ("tty", "", true, false),
    ("unspecified", "seat0", true, false), ("x11", "", false, true),
  ]) func graphicalByDisplay(_ type: String, _ seat: String, _ hasDisplay: Bool, _ isGraphical: Bool) {
    var session = LoginSession.test(type: type, seat: seat)
    session.hasDisplay = hasDisplay
    #expect(session.isGraphical == isGraphical)
    session.state = .init("closing")
    #expect(!session.isGraphical)
    session = LoginSession.test(type: type, sessionClass: "greeter", seat: seat)
    session.hasDisplay = hasDisplay
    #expect(!session.isGraphical)
  }

  @Test(arguments: [("active", true), ("online", true), ("closing", false)])
  func graphicalByState(_ state: String, _ isGraphical: Bool) {
    #expect(LoginSession.test(state: state).isGraphical == isGraphical)
  }

  @Test(
    arguments: [
      ("tty2", ":0", "seat0", "tty2"), ("", ":0", "seat0", ":0"), ("", "", "seat0", "seat0"), ("", "", "", "c1"),
      ("pts/7", "", "", "pts/7"),
    ]) func nameIsTheFirstThatIsThere(_ tty: String, _ display: String, _ seat: String, _ name: String)
  {
    #expect(LoginSession.test("c1", seat: seat, tty: tty, display: display).name == name)
  }

  @Test(
    arguments: [
      ("tty2", true), ("TTY2", true), (":0", true), ("seat0", true), ("Seat0", true), ("", false), ("tty", false),
      ("tty22", false), ("c1", false), ("ann", false), ("console", true), ("CONSOLE", true),
    ]) func goesByItsNames(_ name: String, _ isNamed: Bool)
  {
    let session = LoginSession.test("c1", seat: "seat0", tty: "tty2", display: ":0")
    #expect((RecipientResolver(sessions: [session]).resolve(["session:" + name]).targets == [session]) == isNamed)
  }

  @Test(arguments: [
    ("seat0", "active", true), ("seat0", "online", false), ("seat0", "closing", false), ("seat1", "active", false),
    ("", "active", false),
  ]) func consoleIsActiveAtTheFirstSeat(_ seat: String, _ state: String, _ isConsole: Bool) {
    #expect(LoginSession.test(state: state, seat: seat, tty: "console").names.contains("console") == isConsole)
  }

  @Test(
    arguments: [
      ("tty2", "", ["tty2"]), ("ttyS0", "", ["ttys0"]), ("ttyUSB12", "", ["ttyusb12"]), ("hvc0", "", ["hvc0"]),
      ("pts/7", ":0.1", ["pts/7", ":0.1"]), ("", "wayland-1", ["wayland-1"]), ("", ":10", [":10"]),
      ("carol", "carol", []), ("console", "console", []), ("pts/carol", "carol:0", []), ("pts/", ":", []),
      ("tty", "wayland-", []), ("tty2 ", ":0.", []), ("ttycarol", ":0.1.2", []), ("pts/7/8", ":carol", []),
      ("pty2", ":-1", []), ("tty2\n", ":0\u{301}", []), ("tty٢", ":٠", []),
    ]) func whatIsInAnotherShapeIsNoName(_ tty: String, _ display: String, _ names: [String])
  {
    let session = LoginSession.test("c1", tty: tty, display: display)
    #expect(session.names == names)
    #expect(session.name.lowercased() == names.first ?? "c1")
  }

  @Test(arguments: [("seat0", true), ("seat-usb_1", true), ("seat", false), ("carol", false), ("seat 0", false)])
  func seatsHaveAShape(_ seat: String, _ isName: Bool) {
    #expect(LoginSession.test(state: "online", seat: seat).names == (isName ? [seat] : []))
  }

  @Test(arguments: [
    ("console", true), ("TTY2", true), (":0", true), ("seat0", true), ("3", true), ("c12", true), ("pts/3", true),
    ("carol", false), ("c", false), ("C1", false), ("3a", false), ("seat", false), ("", false), ("tty", false),
  ]) func aWordMayBeASessions(_ word: String, _ mayBe: Bool) {
    #expect(SessionNameShape.isSession(word) == mayBe)
  }

  /// A session may still be opening after its seat has begun to show it.
  @Test func consoleIsWhatTheSeatShowsAlreadyWhileItOpens() {
    var session = LoginSession.test(state: "opening", seat: "seat0")
    #expect(!session.names.contains("console"))
    session.take(["Active": .boolean(true)])
    #expect(session.names.contains("console") && session.state == .opening)
  }

  /// logind signals `Active`, and never `State`.
  @Test(arguments: [
    ("active", false, "online"), ("online", true, "active"), ("active", true, "active"), ("online", false, "online"),
    ("opening", true, "opening"), ("closing", false, "closing"), ("closing", true, "closing"),
  ]) func stateFollowsActive(_ before: String, _ isActive: Bool, _ after: String) {
    var session = LoginSession.test(state: before)
    session.take(["Active": .boolean(isActive)])
    #expect((session.state.name, session.isActive) == (after, isActive))
  }

  @Test(arguments: [
    ("active", false, true), ("online", true, false), ("opening", true, true), ("closing", true, true),
    ("closing", false, false),
  ]) func activeFollowsState(_ state: String, _ before: Bool, _ after: Bool) {
    var session = LoginSession.test(state: "opening")
    session.isActive = before
    session.take(["State": .string(state)])
    #expect((session.state.name, session.isActive) == (state, after))
  }

  @Test func missingNamesAreNone() {
    #expect(LoginSession.test().names.isEmpty)
  }
}
