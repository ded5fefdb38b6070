import Testing

@testable import BridgeService

/// What logind writes, in the forms of systemd 252 and 262.
@Suite struct ScheduledShutdownTests {
  private func read(_ text: String) -> ScheduledShutdown? { ScheduledShutdown(schedule: Array(text.utf8)) }

  @Test func plain() {
    let file = "USEC=1795972874371386\nWARN_WALL=1\nMODE=poweroff\nUID=0\n"
    #expect(read(file) == ScheduledShutdown(kind: .poweroff, time: 1_795_972_874_371_386, uid: 0))
  }

  @Test(arguments: [
    #"B\303\274ck dich \"now\" back\\slash"#, #"B\xc3\xbcck\x20dich\x20"now"\x20back\x5cslash"#,
  ])
  func message(_ escaped: String) {
    let file = "USEC=1\nWARN_WALL=1\nMODE=reboot\nUID=0\nTTY=pts/0\nWALL_MESSAGE=\(escaped)\n"
    #expect(read(file)?.wallMessage == #"Bück dich "now" back\slash"#)
  }

  @Test(arguments: [
    (#"two\nlines"#, "two\nlines"), (#"\q"#, "q"), (#"\"#, #"\"#), (#"\x4"#, #"\x4"#), (#"\x+1"#, "\\x+1"),
    (#"\777"#, #"\777"#), (#"\12"#, #"\12"#), ("", ""), ("a=b", "a=b"),
  ])
  func escapes(_ escaped: String, _ text: String) {
    #expect(read("USEC=1\nMODE=halt\nWALL_MESSAGE=\(escaped)\n")?.wallMessage == text)
  }

  @Test(arguments: [
    ("halt", ShutdownKind.halt), ("kexec", .kexec), ("poweroff", .poweroff), ("reboot", .reboot),
    ("soft-reboot", .softReboot),
  ])
  func kinds(_ word: String, _ kind: ShutdownKind) { #expect(read("USEC=1\nMODE=\(word)\n")?.kind == kind) }

  @Test func noWall() { #expect(read("USEC=1\nWARN_WALL=0\nMODE=reboot\n")?.isAnnounced == false) }

  @Test(arguments: [
    "", "\n", "USEC=1", "MODE=reboot", "USEC=\nMODE=reboot", "USEC=-1\nMODE=reboot", "USEC=1\nMODE=dry-reboot",
    "USEC=99999999999999999999\nMODE=reboot", "=\n==\nUSEC\nMODE",
  ])
  func nothing(_ file: String) { #expect(read(file) == nil) }
}
