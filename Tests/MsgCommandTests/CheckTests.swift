import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// What each check of `--doctor` says about given facts.
@Suite struct CheckTests {
  private static let denied = BusError(name: "org.freedesktop.DBus.Error.AccessDenied", text: "Rejected send message")
  private static let silent = BusError(name: "org.freedesktop.DBus.Error.NoReply", text: "no answer within 5 seconds")
  private static let masked = BusError(
    name: "org.freedesktop.systemd1.UnitMasked", text: "Unit polkit.service is masked.")
  private static let broken = BusError(name: "org.freedesktop.DBus.Error.Failed", text: "it exited with status 1")

  /// The lines that are shown for a check, without the marks before them.
  private func lines(_ check: some Check) -> [String] {
    #expect(check.finding.check == type(of: check).name)
    return check.finding.lines.map { $0.split(separator: " ").joined(separator: " ") }
  }

  @Test func systemBus() {
    #expect(lines(BusCheck()) == ["ok system bus: answers"])
    #expect(lines(BusCheck(host: "pc7")) == ["ok system bus: that of pc7 answers"])
    #expect(
      lines(BusCheck(failure: Self.broken)) == [
        "wrong system bus: can't be reached", "because: it exited with status 1",
        "fix: systemctl status dbus # says why", "fix: sudo systemctl start dbus",
      ])
    #expect(
      lines(BusCheck(address: "unix:path=/x", failure: Self.broken)) == [
        "wrong system bus: that of DBUS_SYSTEM_BUS_ADDRESS, unix:path=/x, can't be reached",
        "because: it exited with status 1", "fix: unset DBUS_SYSTEM_BUS_ADDRESS",
      ])
    let remote = lines(BusCheck(host: "pc7", address: "unix:path=/x", failure: Self.broken))
    #expect(remote[0] == "wrong system bus: that of pc7 can't be reached")
    #expect(remote.count == 3 && remote[2].hasPrefix("fix: ssh pc7 systemd-stdio-bridge "))
  }

  @Test func service() {
    #expect(lines(ServiceCheck(isRunning: true)) == ["ok service: msgd \(Messenger.version) answers"])
    #expect(lines(ServiceCheck(start: .success(()))) == ["ok service: msgd \(Messenger.version) answers"])
    #expect(
      lines(ServiceCheck(isActivatable: false)) == [
        "wrong service: msgd is not installed", "because: the bus knows no service org.msgd.Messenger1",
        "fix: install msg; if it is installed: sudo systemctl reload dbus",
      ])
    #expect(
      lines(ServiceCheck(isRunning: true, isActivatable: false)).first
        == "note service: msgd \(Messenger.version) answers, but can't be started again when it has left")
  }

  @Test(arguments: ["masked": "sudo systemctl unmask msgd", "masked-runtime": "sudo systemctl unmask --runtime msgd"])
  func maskedService(_ state: String, _ fix: String) {
    // Even if something else is missing too, this is the first thing to fix.
    for hasNoPolicy in [false, true] {
      let check = ServiceCheck(
        start: .failure(Self.masked), unit: Unit(name: "msgd", fileState: state), hasNoPolicy: hasNoPolicy)
      #expect(
        lines(check) == ["wrong service: msgd can't be started", "because: msgd.service is masked", "fix: \(fix)"])
    }
  }

  @Test func serviceThatDoesNotStart() {
    let check = ServiceCheck(
      start: .failure(Self.broken), unit: Unit(name: "msgd", fileState: "static", result: "exit-code"))
    #expect(!check.isThere)
    #expect(
      lines(check) == [
        "wrong service: msgd can't be started", "because: it exited with status 1",
        "because: msgd.service has failed: exit-code", "fix: systemctl status msgd; journalctl -u msgd # say why",
        "fix: sudo systemctl restart msgd",
      ])
    #expect(
      lines(ServiceCheck(start: .failure(Self.broken), hasNoPolicy: true)) == [
        "unknown service: not checked: msgd can't be started without its bus policy"
      ])
  }

  @Test func serviceThatDoesNotAnswer() {
    #expect(
      lines(ServiceCheck(version: .failure(Self.denied))) == [
        "unknown service: not checked: the bus refuses access to msgd"
      ])
    #expect(
      lines(ServiceCheck(version: .failure(Self.silent))) == [
        "wrong service: msgd does not answer", "because: no answer within 5 seconds",
        "fix: systemctl status msgd; journalctl -u msgd # say why", "fix: sudo systemctl restart msgd",
      ])
  }

  @Test func serviceOfAnotherVersion() {
    let text = "service: msgd is of version 0.0.9, and msg of \(Messenger.version)"
    #expect(
      lines(ServiceCheck(version: .success("0.0.9"))) == [
        "wrong \(text)", "fix: sudo systemctl try-restart msgd; if that doesn't help, install msg again",
      ])
    #expect(lines(ServiceCheck(isRemote: true, version: .success("0.0.9"))) == ["note \(text)"])
  }

  @Test func policy() {
    let missing = [
      "wrong bus policy: there is none for msgd",
      "because: neither /usr/share/dbus-1/system.d/org.msgd.Messenger1.conf nor "
        + "/etc/dbus-1/system.d/org.msgd.Messenger1.conf is there",
    ]
    let fix = ["fix: install msg again, then: sudo systemctl reload dbus"]
    let refusal = ["because: Rejected send message"]
    // If the call gets through, it doesn't matter where the policy is.
    for hasFile in [nil, true, false] {
      #expect(lines(PolicyCheck(call: .success(()), hasFile: hasFile)) == ["ok bus policy: lets you ask msgd"])
    }
    for hasFile in [nil, true] {
      #expect(
        lines(PolicyCheck(call: .failure(Self.denied), hasFile: hasFile))
          == ["wrong bus policy: the bus refuses access to msgd"] + refusal + ["fix: sudo systemctl reload dbus"])
    }
    #expect(lines(PolicyCheck(call: .failure(Self.denied), hasFile: false)) == missing + refusal + fix)
    #expect(lines(PolicyCheck(call: nil, hasFile: false)) == missing + fix)
    #expect(lines(PolicyCheck(call: nil, hasFile: true)) == ["unknown bus policy: not checked: msgd does not run"])
    #expect(
      lines(PolicyCheck(call: .failure(Self.silent))) == ["unknown bus policy: not checked: msgd does not answer"])
  }

  @Test func permissions() {
    let check = PolkitCheck(answers: [
      "org.msgd.send-user": .success(.withPassword), "org.msgd.broadcast": .success(.no),
    ])
    #expect(
      lines(check) == [
        "ok polkit: messages to another user: with an administrator's password; to several or everyone: refused"
      ])
    #expect(
      lines(PolkitCheck(isRoot: true)) == ["ok polkit: root may message everyone, and polkit decides for others"])
    #expect(
      lines(PolkitCheck(answers: ["org.msgd.send-user": .failure(Self.broken)])).prefix(2) == [
        "wrong polkit: it does not say what you may", "because: it exited with status 1",
      ])
  }

  @Test func polkitIsMissing() {
    let rest = [
      "because: without it nobody but root may message others",
      "fix: install polkit; on Debian: sudo apt-get install polkitd",
    ]
    #expect(lines(PolkitCheck(isInstalled: false)) == ["wrong polkit: it is not installed"] + rest)
    #expect(lines(PolkitCheck(isRoot: true, isInstalled: false)) == ["note polkit: it is not installed"] + rest)
  }

  @Test func polkitIsBroken() {
    let consequence = "because: without it nobody but root may message others"
    #expect(
      lines(PolkitCheck(known: .failure(Self.masked), unit: Unit(name: "polkit", fileState: "masked"))) == [
        "wrong polkit: it can't be asked", "because: polkit.service is masked", consequence,
        "fix: sudo systemctl unmask polkit",
      ])
    #expect(
      lines(PolkitCheck(isRoot: true, known: .failure(Self.silent))) == [
        "wrong polkit: it can't be asked", "because: no answer within 5 seconds", consequence,
        "fix: systemctl status polkit; journalctl -u polkit # say why", "fix: sudo systemctl restart polkit",
      ])
    #expect(
      lines(PolkitCheck(known: .success(["org.msgd.manage", "org.msgd.override-mute"]))) == [
        "wrong polkit: it does not know org.msgd.send-user, org.msgd.broadcast, org.msgd.hold, org.msgd.relay",
        "because: /usr/share/polkit-1/actions/org.msgd.policy is missing, cannot be read or is an old one",
        "fix: install msg again, then: sudo systemctl restart polkit",
      ])
  }

  @Test func connections() {
    #expect(lines(ConnectionsCheck()) == ["ok connections: msgd-connect can be asked"])
    #expect(
      lines(ConnectionsCheck(socket: .failure(Self.broken)))
        == ["unknown connections: not checked: systemd can't be asked about msgd-connect"])
    #expect(
      lines(ConnectionsCheck(result: "exit-code")).prefix(2) == [
        "note connections: msgd-connect can be asked", "because: msgd-connect.service has failed: exit-code",
      ])
    #expect(
      lines(ConnectionsCheck(socket: .success("failed"), result: "start-limit-hit")).prefix(3) == [
        "wrong connections: msgd can't connect to anybody's desktop", "because: msgd-connect.socket is failed",
        "because: msgd-connect.service has failed: start-limit-hit",
      ])
  }

  @Test func logind() {
    #expect(lines(LogindCheck(sessionCount: .success(1))) == ["ok logind: knows 1 session"])
    #expect(lines(LogindCheck(sessionCount: .success(0))) == ["ok logind: knows 0 sessions"])
    #expect(
      lines(LogindCheck(sessionCount: .failure(Self.broken), unit: Unit(name: "systemd-logind", result: "success")))
        == [
          "wrong logind: it can't be asked, so msgd doesn't know who is logged in", "because: it exited with status 1",
          "fix: systemctl status systemd-logind; journalctl -u systemd-logind # say why",
          "fix: sudo systemctl restart systemd-logind",
        ])
  }

  @Test func configuration() {
    let path = "/etc/msgd.conf"
    func found(_ isOther: Bool, _ problems: String...) -> [String] {
      lines(ConfigurationCheck(answer: .success(.init(file: path, isOther: isOther, problems: problems))))
    }
    let changed = "because: /etc/msgd.conf was changed since msgd started, which has its former settings"
    let fix = "fix: edit /etc/msgd.conf, see msgd.conf(5), then: sudo systemctl reload msgd"
    #expect(
      found(false) == ["ok configuration: /etc/msgd.conf is in force, with the defaults for what it does not set"])
    #expect(
      found(true) == [
        "note configuration: msgd has other settings than its file", changed, "fix: sudo systemctl reload msgd",
      ])
    let wrong = "wrong configuration: /etc/msgd.conf is not in force as it is written"
    #expect(found(false, "a:1: x", "a:2: y") == [wrong, "because: a:1: x", "because: a:2: y", fix])
    #expect(found(true, "a:1: x") == [wrong, "because: a:1: x", changed, fix])
    #expect(lines(ConfigurationCheck()) == ["unknown configuration: not checked: msgd can't be asked"])
    let old = BusError(name: "org.freedesktop.DBus.Error.UnknownMethod", text: "No such method")
    #expect(
      lines(ConfigurationCheck(answer: .failure(old))) == [
        "unknown configuration: not checked: msgd is of a version that does not tell"
      ])
    #expect(
      lines(ConfigurationCheck(answer: .failure(Self.broken))) == [
        "wrong configuration: msgd does not tell", "because: it exited with status 1",
        "fix: journalctl -u msgd # says why",
      ])
  }

  @Test func mute() {
    #expect(lines(MuteCheck(isMuted: .success(false))) == ["ok mute: you take messages"])
    #expect(
      lines(MuteCheck(isMuted: .success(true))) == [
        "note mute: you take no messages but root's and your own", "because: msg --mute was called",
        "fix: msg --unmute",
      ])
    #expect(lines(MuteCheck(host: "pc7", isMuted: .success(true))).last == "fix: msg --unmute /SERVER:pc7")
    #expect(
      lines(MuteCheck(isMuted: .failure(Self.broken))) == [
        "wrong mute: msgd does not tell whether you take messages", "because: it exited with status 1",
        "fix: journalctl -u msgd # says why",
      ])
    #expect(lines(MuteCheck()) == ["unknown mute: not checked: msgd can't be asked"])
  }
}
