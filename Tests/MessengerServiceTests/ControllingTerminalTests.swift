import Testing

@testable import MessengerService

struct ControllingTerminalTests {
  private static func name(_ text: String) -> String? { ControllingTerminal.name(in: Array(text.utf8)[...]) }

  @Test(
    arguments: [
      (34819, "pts/3"), (34816 + 1_048_576, "pts/256"), (1025, "tty1"), (1087, "tty63"), (1088, "ttyS0"), (0, nil),
      (1024, nil), (1281, nil), (-1, nil),
    ] as [(Int, String?)])
  func numberIsTheTerminals(_ number: Int, _ name: String?) {
    #expect(Self.name("812 (bash) S 810 812 812 \(number) 900 4194304 1 2\n") == name)
  }

  /// Programs choose their names.
  @Test(arguments: ["(bash", "bash)", ") S 1 1 1 34816", "a b"]) func programsNameIsPassedOver(_ program: String) {
    #expect(Self.name("812 (\(program)) S 810 812 812 34819 900 4194304") == "pts/3")
  }

  @Test(arguments: ["", "812", "812 (bash)", "812 (bash) S 1 2 3", "812 (bash) S 1 2 3 x", ")"])
  func halfAStateHasNone(_ text: String) {
    #expect(Self.name(text) == nil)
  }
}
