import Foundation
import MessengerContract
import Testing
import TestSupport

@testable import MessengerClient

/// A client of another host, with a shell script in ssh's place, because a real ssh can't be made to misbehave on
/// demand.
@Suite(.timeLimit(.minutes(1))) struct BridgeTests {
  @Test func callIsCarried() throws {
    let bus = try TestBus()
    let service = TestService(on: bus, to: "Withdraw") { connection, call in
      try connection.send(.answer(to: call))
    }
    let script = try Script("exec systemd-stdio-bridge --bus-path='\(bus.address)'")
    try script.client("ssh://bob@web1:2222").withdraw(7)
    service.waitForEnd()
    #expect(
      script.arguments == [
        "-xT", "-oConnectTimeout=20", "-oServerAliveInterval=15", "-p", "2222", "-l", "bob", "--", "web1",
        "systemd-stdio-bridge",
      ])
    #expect(script.isGone)
  }

  /// It has the standard streams, and nothing else. Another thread's socket in the child would keep that connection
  /// open.
  @Test func onlyStandardStreamsAreInherited() throws {
    let leak = open("/dev/null", O_RDONLY)
    defer { close(leak) }
    let script = try Script(#"(exec ls /proc/$$/fd >"$dir/open"); [ -p /proc/$$/fd/2 ] && exit 255"#)
    #expect(try script.failure() == .busUnreachable(address: "web1", reason: "ssh failed, see its message above"))
    #expect(script.lines("open") == ["0", "1", "2"])
  }

  @Test(arguments: [
    ("exit 255", "ssh failed, see its message above"),
    ("exit 127", "systemd-stdio-bridge, a part of systemd, is not installed there"),
    ("exit 1", "systemd-stdio-bridge or the shell there ended with status 1"),
    ("exit 0", "the system bus there closed the connection"),
    (
      "exec systemd-stdio-bridge --bus-path=unix:path=/nonexistent",
      "systemd-stdio-bridge or the shell there ended with status 1"
    ),
    (
      #"read -r _; printf 'OK what?\r\n'; trap '' TERM; exec cat "$dir/pipe""#,
      "ssh was killed, or what came through it is no D-Bus: does a start-up file there print text?"
    ),
  ])
  func endIsTold(_ body: String, _ reason: String) throws {
    let script = try Script(body)
    #expect(try script.failure() == .busUnreachable(address: "web1", reason: reason))
    #expect(script.isGone)
  }

  @Test func missingProgramIsTold() throws {
    let client = Client(host: try RemoteHost("web1"), ssh: ["/nonexistent/ssh"])
    #expect(
      throws: ClientError.busUnreachable(
        address: "web1", reason: "can't run /nonexistent/ssh: No such file or directory")
    ) { try client.withdraw(1) }
  }

  /// Whatever the host does instead of answering, the deadline holds, and the process ends.
  @Test(arguments: ["exec cat >/dev/null", #"trap '' TERM; exec cat "$dir/pipe""#])
  func deadlineHolds(_ body: String) throws {
    let script = try Script(body)
    let error = try script.failure(connectTimeout: .seconds(1))
    #expect("\(error)" == "can't reach web1: no answer within 1 second")
    #expect(script.isGone)
  }

  @Test func lossNamesTheHost() throws {
    let bus = try TestBus()
    let service = TestService(on: bus) { _, _ in bus.end() }
    let script = try Script("systemd-stdio-bridge --bus-path='\(bus.address)'; exit 255")
    #expect(throws: ClientError.serviceLost(reason: "ssh failed, see its message above", host: "web1")) {
      try script.client().send(to: ["bob"], body: "hi", options: SendOptions(wait: true))
    }
    service.waitForEnd()
    #expect(script.isGone)
  }

  @Test func absenceNamesTheHost() throws {
    let bus = try TestBus()
    let script = try Script("exec systemd-stdio-bridge --bus-path='\(bus.address)'")
    let error = try script.failure()
    guard case .serviceUnavailable(_, "web1") = error else {
      Issue.record("\(error)")
      return
    }
    #expect("\(error)".hasPrefix("msgd on web1 is not installed or can't be started: "))
    #expect("\(error)".hasSuffix(" (see: systemctl status msgd on web1)"))
  }

  /// A dead host delays no other, and no connection waits for another one's process to end.
  @Test func hostsAreAskedAtOnce() throws {
    let bus = try TestBus()
    let live = try Script("exec systemd-stdio-bridge --bus-path='\(bus.address)'")
    let liveClient = try live.client()
    let dead = try Script(#"echo >"$dir/pipe"; exec cat >/dev/null"#)
    let deadClient = try dead.client("dead")
    let finished = DispatchSemaphore(value: 0)
    Thread {
      #expect(throws: ClientError.self) { try deadClient.sessions() }
      finished.signal()
    }.start()
    #expect(dead.lines("pipe").isEmpty)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      let error = #expect(throws: ClientError.self) { try liveClient.sessions() }
      guard case .serviceUnavailable(_, "web1") = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
    #expect(!dead.isGone)
    dead.end()
    finished.wait()
    #expect(dead.isGone)
    #expect(live.isGone)
  }
}
