import Testing

@testable import MessengerService

struct SessionTests {
  @Test(
    arguments: [
      ("user", true), ("user-early", true), ("user-light", true), ("user-early-light", true),
      ("user-incomplete", false),
      ("greeter", false), ("lock-screen", false), ("background", false), ("background-light", false),
      ("manager", false), ("manager-early", false), ("none", false), ("", false), ("User", false),
    ]) func graphicalByClass(_ sessionClass: String, _ isGraphical: Bool)
  {
    #expect(Session.test(sessionClass: sessionClass).isGraphical == isGraphical)
  }

  @Test(
    arguments: [
      ("x11", true), ("wayland", true), ("mir", true), ("tty", false), ("web", false), ("unspecified", false),
      ("", false),
    ]) func graphicalByType(_ type: String, _ isGraphical: Bool)
  {
    #expect(Session.test(type: type).isGraphical == isGraphical)
  }

  /// What was started from a terminal doesn't change the session's type; ssh makes sessions without a seat.
  @Test(arguments: [
    ("tty", "seat0", true, true), ("tty", "seat0", false, false), ("tty", "", true, false),
    ("unspecified", "seat0", true, false), ("x11", "", false, true),
  ]) func graphicalByDisplay(_ type: String, _ seat: String, _ hasDisplay: Bool, _ isGraphical: Bool) {
    var session = Session.test(type: type, seat: seat)
    session.hasDisplay = hasDisplay
    #expect(session.isGraphical == isGraphical)
    session.state = "closing"
    #expect(!session.isGraphical)
    session = Session.test(type: type, sessionClass: "greeter", seat: seat)
    session.hasDisplay = hasDisplay
    #expect(!session.isGraphical)
  }

  @Test(arguments: [("active", true), ("online", true), ("closing", false)])
  func graphicalByState(_ state: String, _ isGraphical: Bool) {
    #expect(Session.test(state: state).isGraphical == isGraphical)
  }

  @Test(
    arguments: [
      ("tty2", ":0", "seat0", "tty2"), ("", ":0", "seat0", ":0"), ("", "", "seat0", "seat0"), ("", "", "", "c1"),
      ("pts/7", "", "", "pts/7"),
    ]) func nameIsTheFirstThatIsThere(_ tty: String, _ display: String, _ seat: String, _ name: String)
  {
    #expect(Session.test("c1", seat: seat, tty: tty, display: display).name == name)
  }

  @Test(
    arguments: [
      ("tty2", true), ("TTY2", true), (":0", true), ("seat0", true), ("Seat0", true), ("", false), ("tty", false),
      ("tty22", false), ("c1", false), ("ann", false), ("console", true), ("CONSOLE", true),
    ]) func goesByItsNames(_ name: String, _ isNamed: Bool)
  {
    let session = Session.test("c1", seat: "seat0", tty: "tty2", display: ":0")
    #expect((RecipientResolver(sessions: [session]).resolve(["session:" + name]).targets == [session]) == isNamed)
  }

  @Test(arguments: [
    ("seat0", "active", true), ("seat0", "online", false), ("seat0", "closing", false), ("seat1", "active", false),
    ("", "active", false),
  ]) func consoleIsActiveAtTheFirstSeat(_ seat: String, _ state: String, _ isConsole: Bool) {
    #expect(Session.test(state: state, seat: seat, tty: "console").names.contains("console") == isConsole)
  }

  @Test func missingNamesAreNone() {
    #expect(Session.test().names.isEmpty)
  }
}
