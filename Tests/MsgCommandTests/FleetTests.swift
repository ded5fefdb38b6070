import Foundation
import MessengerClient
import MessengerContract
import PlainJSON
import Testing

@testable import MsgCommand
import enum MsgCommand.ExitStatus

/// A real child says what msg-fleet would say.
@Suite struct FleetTests {
  private static let id = "01a2294c-66d8-79d4-a299-e3db1ca257d9"
  /// 18:00 of the day of ``Run``, in UTC.
  private static let expires = 1_795_284_000
  private static let sent = #"{"is":"sent","id":"\#(id)","expires":\#(expires)}"#

  private let request = NSTemporaryDirectory() + "fleet-request-\(UUID().uuidString)"

  private static func shown(_ machine: String, _ state: String = "shown", user: String = "alice", isFinal: Bool = false)
    -> String
  {
    #"{"is":"receipt","machine":"\#(machine)","receipt":{"stage":"sent","final":\#(isFinal),"deliveries":"#
      + #"[["3","\#(user)",1000,"\#(state)",{"session-name":"seat0"}]]}}"#
  }

  private static func refused(_ machine: String, _ code: String, _ text: String) -> String {
    #"{"is":"receipt","machine":"\#(machine)","receipt":{"stage":"refused","final":true,"deliveries":[],"error":"#
      + #""org.msgd.Error.\#(code)","error-message":"\#(text)"}}"#
  }

  private static func missing(_ machine: String, _ state: String, since: String = "1") -> String {
    #"{"is":"missing","machine":"\#(machine)","state":"\#(state)","since":\#(since)}"#
  }

  private static func failed(_ code: String, _ text: String) -> String {
    #"{"is":"failed","error":"org.msgd.Error.\#(code)","error-message":"\#(text)"}"#
  }

  /// A world with the fleet `office`, whose msg-fleet says these lines.
  private func world(_ lines: [String], program: Program = .msg, hasEnd: Bool = true) -> Run.World {
    var world = Run.World(program: program)
    world.files = ["/f": Array("[office]\n[shop]\n".utf8)]
    world.fleetFiles = ["/missing", "/f"]
    let script = #"read -r line; printf '%s' "$line" >"$1"; printf '%s\n' "$2"; cat >/dev/null"#
    let said = (lines + (hasEnd ? [#"{"is":"end"}"#] : [])).joined(separator: "\n")
    world.fleetCommand = [
      "sh", "-c", hasEnd ? script : script.replacing("; cat >/dev/null", with: ""), "sh", request, said,
    ]
    return world
  }

  private func run(_ words: String..., saying lines: [String]) -> Run {
    Run(words.map { Array($0.utf8) }, in: world(lines))
  }

  private var asked: JSONValue? {
    (FileManager.default.contents(atPath: request)).flatMap { try? JSONReader.read(Array($0)) }
  }

  // MARK: What is asked

  @Test func aFleetIsAsked() throws {
    let run = run(
      "alice,bob", "/SERVER:office", "/TIME:5", "--ask", "Fire \"drill\"", saying: [Self.sent, Self.shown("pc1")])
    #expect(run.service.calls.isEmpty)
    let asked = try #require(asked)
    #expect(asked["do"]?.text == "send" && asked["fleet"]?.text == "office" && asked["machine"] == nil)
    #expect(asked["recipients"] == .array([.text("alice"), .text("bob")]) && asked["body"]?.text == "Fire \"drill\"")
    #expect(asked["wait"]?.boolean == true && asked["options"]?["timeout"]?.integer == 5)
    #expect(asked["options"]?["ask"]?.text == "" && asked["connect-timeout"]?.integer == 10)
  }

  @Test func oneMachineIsAsked() throws {
    let run = run("alice", "/SERVER:office/pc7", "hi", saying: [Self.sent, Self.shown("pc7")])
    #expect(run.status == .success && run.output.isEmpty && run.errors.isEmpty)
    #expect(asked?["machine"]?.text == "pc7")
  }

  @Test func aHostIsNoFleet() {
    let run = run("alice", "/SERVER:pc3,ssh://office", "hi", saying: [])
    #expect(asked == nil && run.hostTimeout.keys.contains("ssh://office") && run.hostTimeout.keys.contains("pc3"))
  }

  @Test func hostsAndFleetsMix() {
    var world = world([Self.sent, Self.shown("pc1")])
    world.remote = ["pc3": FakeService(.success([.bob(.shown)]))]
    let run = Run("*", "/SERVER:office,pc3", "/V", "hi", in: world)
    #expect(run.status == .success)
    #expect(run.output.contains("office/pc1: Async message sent to alice") && run.output.contains("pc3: Async message"))
  }

  @Test func noFileIsReadWithoutAHost() {
    var world = Run.World()
    world.fleetFiles = ["/f"]
    world.files = ["/f": [0xFF]]
    #expect(Run("alice", "hi", in: world).status == .success)
    #expect(Run("alice", "/SERVER:pc3", "hi", in: world).errors.contains("/f is not valid UTF-8"))
  }

  @Test func netSendTakesAFleetForADomain() {
    let run = Run("/DOMAIN:office", "hi", in: world([Self.sent, Self.shown("pc1")], program: .netSend))
    #expect(run.status == .success && run.output == "The message was successfully sent to office.\n")
    #expect(asked?["options"]?["timeout"]?.integer == 0)
  }

  @Test func netSendSaysWhatFailed() {
    let run = Run("/DOMAIN:office", "hi", in: world([Self.sent, Self.missing("pc1", "unknown")], program: .netSend))
    #expect(run.status == .notReached)
    #expect(run.errors.hasPrefix("An error occurred while sending a message to office.\noffice/pc1: online"))
  }

  @Test(arguments: [
    ["--update", "1", "/SERVER:office", "x"], ["--held", "/SERVER:office"], ["--mute", "/SERVER:office"],
    ["alice", "/SERVER:office", "--progress", "-", "x"], ["alice", "/SERVER:office", "--hold", "8d", "x"],
    ["alice", "/SERVER:nowhere/pc7", "x"], ["--withdraw", "12", "/SERVER:office"], ["--withdraw", id],
    ["--machines", "nowhere"], ["--machines", "office", "/SERVER:pc1"], ["--machines", "/SERVER:pc1"],
    ["--machines", "office", "shop"], ["--machines", "--json"], ["--machines", "/SERVER:office,shop"],
    ["--machines", "nowhere/pc7"],
  ])
  func whatAFleetCannotDoIsSaid(_ words: [String]) {
    let run = Run(words.map { Array($0.utf8) }, in: world([]))
    #expect(run.status == .usage && asked == nil && run.service.calls.isEmpty)
    #expect(run.errors.contains("fleet") || run.errors.contains("can't be combined"), "\(run.errors)")
  }

  @Test func withoutMsgFleet() {
    var world = world([])
    for command in [nil, ["/missing/msg-fleet"]] {
      world.fleetCommand = command
      let run = Run("alice", "/SERVER:office", "hi", in: world)
      #expect(run.status == .unavailable && run.errors.contains("install the package msg-fleet"))
    }
  }

  // MARK: Reports

  @Test func successSaysNothing() {
    let run = run("*", "/SERVER:office", "hi", saying: [Self.sent, Self.shown("pc1"), Self.shown("pc2")])
    #expect(run.status == .success && run.output.isEmpty && run.errors.isEmpty)
  }

  @Test func theIDIsPrinted() {
    let run = run("*", "/SERVER:office", "--print-id", "hi", saying: [Self.sent, Self.shown("pc1")])
    #expect(run.output == "\(Self.id)\n")
  }

  @Test func offlineMachinesAreTold() {
    let one = run("*", "/SERVER:office", "hi", saying: [Self.sent, Self.shown("pc1"), Self.missing("pc2", "offline")])
    #expect(one.status == .notReached)
    #expect(one.errors.hasPrefix("office/pc2: offline; shows it when it is back, until "))
    let many = run(
      "*", "/SERVER:office", "hi",
      saying: [Self.sent, Self.shown("a")] + (0..<1200).map { Self.missing("pc\($0)", "offline") })
    #expect(many.status == .notReached && many.errors.split(separator: "\n").count == 1)
    #expect(many.errors.hasPrefix("office: 1 200 machines are offline; they show it when they are back, until "))
    #expect(many.errors.hasSuffix(": pc0, pc1, pc2 …\n"))
  }

  @Test func heldForOfflineMachines() {
    let run = run(
      "*", "/SERVER:office", "--hold", "8h", "hi",
      saying: [Self.sent, Self.shown("pc1"), Self.missing("pc2", "offline")])
    #expect(run.status == .success && run.errors.isEmpty)
  }

  @Test func neverSeen() {
    let run = run("*", "/SERVER:office/pc9", "hi", saying: [Self.sent, Self.missing("pc9", "offline", since: "null")])
    #expect(run.status == .notReached && run.errors.hasPrefix("office/pc9: never seen at the broker"))
  }

  @Test(arguments: [("unknown", "nobody knows"), ("received", "has not shown it yet"), ("flood", "no longer read")])
  func silentMachinesAreNotGuessed(_ state: String, _ text: String) {
    let run = run("*", "/SERVER:office", "hi", saying: [Self.sent, Self.shown("a"), Self.missing("pc2", state)])
    #expect(run.status == .notReached && run.errors.contains("office/pc2: ") && run.errors.contains(text))
  }

  @Test func aUserIsWhereverSheIs() {
    let unknown = Self.refused("pc1", "NoSuchRecipient", "alice does not exist or is disconnected")
    let run = run("alice", "/SERVER:office", "hi", saying: [Self.sent, unknown, Self.shown("pc2")])
    #expect(run.status == .success && run.errors.isEmpty)
  }

  @Test func aUserIsNowhere() {
    let unknown = ["pc1", "pc2"].map { Self.refused($0, "NoSuchRecipient", "eve does not exist or is disconnected") }
    let nobody = run("eve", "/SERVER:office", "hi", saying: [Self.sent] + unknown)
    #expect(nobody.status == .noSuchRecipient)
    #expect(nobody.errors == "office: eve does not exist or is disconnected\n")
    let perhaps = run("eve", "/SERVER:office", "hi", saying: [Self.sent] + unknown + [Self.missing("pc3", "offline")])
    #expect(perhaps.status == .notReached)
  }

  @Test func oneOfTwoUsersIsNowhere() {
    let both =
      #"{"is":"receipt","machine":"pc1","receipt":{"stage":"sent","deliveries":[["3","alice",1000,"shown",{}],"#
      + #"["","eve",4294967295,"failed",{"error":"org.msgd.Error.NoSuchRecipient","error-message":"no"}]]}}"#
    let run = run("alice,eve", "/SERVER:office", "hi", saying: [Self.sent, both])
    #expect(run.status == .notReached && run.errors == "office: eve does not exist or is disconnected\n")
  }

  @Test func aMachineWithoutAnybodyIsNoFailureOfABroadcast() {
    let empty = Self.refused("pc1", "NoSession", "nobody is logged in")
    let some = run("*", "/SERVER:office", "hi", saying: [Self.sent, empty, Self.shown("pc2")])
    #expect(some.status == .success && some.errors.isEmpty)
    let none = run("*", "/SERVER:office", "hi", saying: [Self.sent, empty])
    #expect(none.status == .notReached && none.errors == "office: nobody is at a desktop\n")
  }

  @Test func whatMachinesRefuseIsGrouped() {
    let refusals = (0..<7).map { Self.refused("pc\($0)", "NotAuthorized", "not here") }
    let run = run("alice", "/SERVER:office", "hi", saying: [Self.sent] + refusals)
    #expect(run.errors == "office: 7 machines: not here: pc0, pc1, pc2 …\n" && run.status == .notAuthorized)
  }

  @Test func deliveriesThatFailAreTold() {
    let run = run("alice", "/SERVER:office", "hi", saying: [Self.sent, Self.shown("pc1", "muted")])
    #expect(run.status == .notReached && run.errors == "office/pc1: alice (session 3, seat0): muted\n")
    let many = self.run(
      "*", "/SERVER:office", "hi", saying: [Self.sent] + (0..<50).map { Self.shown("pc\($0)", "muted") })
    #expect(
      many.errors.split(separator: "\n").count == 21
        && many.errors.hasSuffix("office: 30 more were not reached; /V lists them\n"))
  }

  @Test func everythingIsTold() {
    let run = run(
      "*", "/SERVER:office", "/V", "hi",
      saying: [
        Self.sent, Self.shown("pc1"), Self.refused("pc2", "NoSession", "nobody"), Self.missing("pc3", "offline"),
      ])
    #expect(
      run.output.hasPrefix(
        """
        office/pc1: Sending message to alice (session seat0), display time 60
        office/pc1: Async message sent to alice (session seat0)
        office/pc2: nobody
        office/pc3: offline; shows it when it is back, until 
        """))
  }

  @Test func waitingTellsWhoAnswered() {
    let run = run(
      "*", "/SERVER:office", "/W", "hi",
      saying: [
        Self.sent, Self.shown("pc1"), Self.shown("pc1", "acknowledged", isFinal: true), Self.shown("pc2"),
        Self.shown("pc2", "dismissed", isFinal: true),
      ])
    #expect(run.status == .notAcknowledged)
    #expect(run.errors == "office/pc2: Message to session seat0 closed without response\n")
    #expect(
      run.interruptLine
        == "no longer waiting; nothing is withdrawn, which takes: msg --withdraw \(Self.id) /SERVER:office")
  }

  @Test func whoeverEndsItBeforeItIsSentIsToldSo() {
    let run = run("*", "/SERVER:office", "/W", "hi", saying: [])
    #expect(run.interruptLine == "ended before the broker had answered; the message may have been sent")
  }

  /// What fails on a machine is no internal error of msg, and a stranger's words have an end.
  @Test func aMachinesFailureIsNotReached() {
    let long = String(repeating: "x", count: 100_000)
    let run = run("*", "/SERVER:office", "hi", saying: [Self.sent, Self.refused("pc1", "Failed", long)])
    #expect(run.status == .notReached && run.errors.count < 1100)
  }

  @Test func answersAreTold() {
    let text = Self.shown("pc1", "acknowledged", isFinal: true).replacing(
      #""session-name":"seat0""#, with: #""session-name":"seat0","text":"Room\t5""#)
    let run = run("*", "/SERVER:office", "--ask", "hi", saying: [Self.sent, text])
    #expect(run.output == "office/pc1: alice\tRoom\u{FFFD}5\n" && run.status == .success)
  }

  @Test func everythingIsJSON() throws {
    let run = run(
      "*", "/SERVER:office", "--json", "hi",
      saying: [
        Self.sent, Self.shown("pc1"), Self.refused("pc2", "NotAuthorized", "no"), Self.missing("pc3", "offline"),
        Self.missing("pc4", "unknown"), Self.refused("pc5", "NoSession", "nobody"),
      ])
    let objects = try run.output.split(separator: "\n").map { try JSONReader.read($0.utf8) }
    #expect(objects.map { $0["host"]?.text } == ["office/pc1", "office/pc2", "office/pc3", "office/pc4", "office/pc5"])
    #expect(objects.map { $0["state"]?.text } == ["shown", "refused", "offline", "unknown", "nobody"])
    #expect(objects.allSatisfy { $0["id"]?.text == Self.id && Set($0.object!.keys) == Set(objects[0].object!.keys) })
    #expect(run.status == .notReached)
  }

  @Test(arguments: [
    ("Unavailable", ExitStatus.unavailable), ("NotAuthorized", .notAuthorized), ("InvalidArgument", .usage),
  ])
  func whatFailsIsSaid(_ code: String, _ status: ExitStatus) {
    let run = run("*", "/SERVER:office", "hi", saying: [Self.failed(code, "the broker is away")])
    #expect(run.status == status && run.errors == "msg: office: the broker is away\n")
  }

  @Test func aChildThatEndsEarly() {
    let run = Run("*", "/SERVER:office", "hi", in: world([Self.sent, Self.shown("pc1")], hasEnd: false))
    #expect(run.status == .notReached && run.errors.contains("msg-fleet ended before it had said all"))
  }

  @Test func aReceiptThatNobodyUnderstands() {
    let odd = #"{"is":"receipt","machine":"pc1","receipt":{"stage":"sent","deliveries":[["3","alice",1,"odd",{}]]}}"#
    let run = run("*", "/SERVER:office", "hi", saying: [Self.sent, odd, Self.shown("pc2")])
    #expect(run.status == .notReached)
    #expect(run.errors == "office/pc1: its receipt can't be understood: a delivery in an unknown state\n")
  }

  /// A single machine must not end the report of all others.
  @Test func aReceiptThatIsTooDeepIsThatMachinesAlone() {
    let nest = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    let deep = #"{"is":"receipt","machine":"pc1","receipt":{"stage":"sent","x":\#(nest),"deliveries":[]}}"#
    let run = run("*", "/SERVER:office", "hi", saying: [Self.sent, deep, Self.shown("pc2")])
    #expect(run.status == .notReached)
    #expect(run.errors.hasPrefix("office/pc1: its receipt can't be understood: too deep"))
  }

  @Test func aLineCounts() {
    let terminal = FakeTerminal()
    var world = world([
      Self.sent, #"{"is":"count","machines":9900,"offline":120}"#, Self.shown("pc1"), #"{"is":"note","text":"x"}"#,
    ])
    world.terminal = terminal
    _ = Run("*", "/SERVER:office", "hi", in: world)
    #expect(terminal.written.contains("120 offline, 9 780 not yet"))
    #expect(terminal.written.contains("1 shown, 120 offline, 9 779 not yet"))
  }

  // MARK: Other actions

  @Test func aMessageIsWithdrawn() {
    let done = #"{"is":"receipt","machine":"pc1","receipt":{"stage":"done","final":true,"deliveries":[]}}"#
    let gone = Self.refused("pc2", "NoSuchMessage", "no")
    let run = run("--withdraw", Self.id.uppercased(), "/SERVER:office", "/V", saying: [Self.sent, done, gone])
    #expect(run.status == .success && run.output == "Message \(Self.id) withdrawn on 1 machine\n")
    #expect(asked?["message"]?.text == Self.id && asked?["do"]?.text == "withdraw")
    let nowhere = self.run("--withdraw", Self.id, "/SERVER:office", saying: [Self.sent, gone])
    #expect(nowhere.status == .notReached && nowhere.errors.contains("there is no message \(Self.id)"))
  }

  @Test func sessionsAreListed() {
    let listed =
      #"{"is":"receipt","machine":"pc1","receipt":{"stage":"done","#
      + #""sessions":[["3",1000,"alice","seat0","active",{}]]}}"#
    let run = run("--sessions", "/SERVER:office", saying: [Self.sent, listed, Self.missing("pc2", "offline")])
    #expect(run.output.hasPrefix("office/pc1:\n SESSIONNAME") && run.status == .success)
    #expect(run.errors == "office/pc2: offline\n")
    let none = self.run("--sessions", "bob", "/SERVER:office", saying: [Self.sent, listed])
    #expect(none.errors == "office: No session exists for bob\n" && none.status == .notReached)
    #expect(
      self.run("--sessions", "--json", "/SERVER:office", saying: [listed]).output.hasPrefix(#"{"host": "office/pc1", "#)
    )
  }

  @Test func machinesAreListed() {
    let machine = #"{"is":"machine","machine":"pc1","online":true,"since":1795241000,"left":false,"agent":"0.1.0"}"#
    let run = run("--machines", "office", saying: [machine])
    #expect(run.status == .success && run.output.hasPrefix("MACHINE  STATE   SINCE"))
    #expect(self.run("--machines", "office", "--json", saying: [machine]).output.contains(#""state": "online""#))
    #expect(self.run("--machines=office", saying: []).errors == "office: no machine is enrolled\n")
  }

  @Test(arguments: [
    ["--machines", "/SERVER:office"], ["/SERVER:office", "--machines"],
    ["--machines", "--connect-timeout=3", "office"],
    ["--machines=", "office"], ["--machines", "--server", "office"],
  ])
  func theFleetOfTheMachinesMayStandElsewhere(_ words: [String]) {
    let run = Run(words.map { Array($0.utf8) }, in: world([Self.machine("pc1")]))
    #expect(run.status == .success && run.output.contains("\npc1      online  "), "\(run.errors)")
    #expect(asked?["fleet"]?.text == "office" && asked?["do"]?.text == "machines" && asked?["machine"] == nil)
  }

  @Test(arguments: [["--machines", "office/pc1"], ["--machines", "/SERVER:office/pc1"]])
  func oneMachineIsListed(_ words: [String]) {
    let run = Run(words.map { Array($0.utf8) }, in: world([Self.machine("pc1")]))
    #expect(run.status == .success && run.output.contains("\npc1      online  "))
    #expect(asked?["fleet"]?.text == "office" && asked?["machine"]?.text == "pc1")
    let unknown = Run(words.map { Array($0.utf8) }, in: world([Self.machine("pc1", isOnline: false, since: "null")]))
    #expect(unknown.status == .notReached && unknown.output.contains("\npc1      offline  never seen"))
  }

  @Test func fleetsAreListed() {
    let run = run("--machines", saying: [])
    #expect(run.status == .success && run.output == "office\nshop\n" && run.errors.isEmpty && asked == nil)
    let none = Run("--machines", in: Run.World())
    #expect(none.status == .usage && none.errors == "msg: there is no fleet: see fleets.conf(5)\n")
    #expect(
      self.run("--machines", "--json", saying: []).errors.contains(
        "--machines office --json; the fleets are office, shop"))
  }

  private static func machine(_ name: String, isOnline: Bool = true, since: String = "1795241000") -> String {
    #"{"is":"machine","machine":"\#(name)","online":\#(isOnline),"since":\#(since),"left":true,"agent":"0.1.0"}"#
  }

  private static func finding(_ check: String, _ state: String) -> String {
    #"{"is":"finding","check":"\#(check)","state":"\#(state)","text":"…","reason":null,"fix":null}"#
  }

  @Test(arguments: [
    (machine("pc7"), "ok       machine: pc7 is online since ", ExitStatus.success),
    (machine("pc7", isOnline: false), "note     machine: pc7 is offline, since ", .success),
    (machine("pc7", isOnline: false, since: "null"), "wrong    machine: pc7 has never been seen", .notReached),
    (machine("pc8"), "wrong    machine: pc7 has never been seen", .notReached),
  ])
  func theDoctorLooksAtTheMachine(_ machine: String, _ line: String, _ status: ExitStatus) {
    let lines = [Self.finding("broker", "ok"), Self.finding("machines", "note"), machine]
    let run = run("--doctor", "/SERVER:office/pc7", saying: lines)
    #expect(run.status == status && run.output.hasPrefix("ok       broker: …\n\(line)"), "\(run.output)")
    #expect(asked?["do"]?.text == "machines" && asked?["machine"]?.text == "pc7")
  }

  @Test func theDoctorSeesNoMachineBehindABrokerThatIsAway() {
    let run = run("--doctor", "/SERVER:office/pc7", saying: [Self.finding("broker", "wrong")])
    #expect(run.output == "wrong    broker: …\n" && asked?["do"]?.text == "doctor")
  }

  // MARK: Names that are no fleet's

  private static let lost = ClientError.busUnreachable(address: "ofice", reason: "ssh failed, see its message above")

  /// A world where `ofice` can't be reached, and whose `/closed` the user may not read.
  private func typoWorld(isClosed: Bool = false, _ program: Program = .msg) -> Run.World {
    var world = world([], program: program)
    world.remote = ["ofice": FakeService(.failure(Self.lost), sessions: .failure(Self.lost))]
    if isClosed {
      world.fleetFiles = ["/closed", "/missing"]
      world.files = ["/closed": []]
      world.forbiddenFiles = ["/closed"]
    }
    return world
  }

  private static let remark = "msg: \(lost); and there is no fleet 'ofice', only office, shop\n"

  @Test(arguments: [
    ["bob", "/SERVER:ofice", "hi"], ["--sessions", "/SERVER:ofice"], ["--mute", "/SERVER:ofice"],
    ["--update=1", "/SERVER:ofice", "hi"], ["--withdraw=1", "/SERVER:ofice"],
    ["bob", "/SERVER:ofice", "--json", "hi"],
  ])
  func aHostThatIsLostMayBeMeantForAFleet(_ words: [String]) {
    let run = Run(words.map { Array($0.utf8) }, in: typoWorld())
    #expect(run.status == .unavailable && run.errors == Self.remark)
    var world = typoWorld()
    world.fleetFiles = []
    #expect(Run(words.map { Array($0.utf8) }, in: world).errors == "msg: \(Self.lost)\n")
  }

  @Test(arguments: ["ann@ofice", "ssh://ofice", "ofice.example.org", "192.0.2.1", "::1", "the system bus"])
  func otherHostsAreMeantForHosts(_ host: String) {
    var world = typoWorld()
    world.remote = [host: FakeService(.failure(ClientError.busUnreachable(address: host, reason: "away")))]
    world.service = FakeService(.failure(ClientError.busUnreachable(address: host, reason: "away")))
    #expect(Run("bob", "/SERVER:\(host == "::1" ? "pc1" : host)", "hi", in: world).errors.contains("fleet") == false)
  }

  @Test func aFileThatMayNotBeReadIsNoMatterOfHosts() {
    var world = typoWorld(isClosed: true)
    world.remote["pc3"] = FakeService(.success([.bob(.shown)]))
    let run = Run("bob", "/SERVER:pc3", "hi", in: world)
    #expect(run.status == .success && run.errors.isEmpty)
    let needed = "that you may see: /closed must be readable for you\n"
    let lost = Run("bob", "/SERVER:ofice", "hi", in: world)
    #expect(lost.status == .unavailable && lost.errors.hasSuffix("; and there is no fleet 'ofice' \(needed)"))
    let machine = Run("bob", "/SERVER:office/pc7", "hi", in: world)
    #expect(machine.status == .usage && machine.errors.contains("'office/pc7' is no host, and there is no fleet"))
    #expect(machine.errors.contains(needed))
    #expect(Run("--machines", "office", in: world).errors.contains("there is no fleet 'office' \(needed)"))
    #expect(Run("--machines", in: world).errors == "msg: there is no fleet \(needed)")
  }

  @Test func aFleetOfTheUsersOwnFileNeedsNoOtherFile() {
    var world = world([Self.sent, Self.shown("pc1")])
    world.fleetFiles = ["/f", "/closed"]
    world.files["/closed"] = []
    world.forbiddenFiles = ["/closed"]
    #expect(Run("alice", "/SERVER:office", "hi", in: world).status == .success && asked?["fleet"]?.text == "office")
    let list = Run("--machines", in: world)
    #expect(list.output == "office\nshop\n" && list.errors.contains("more fleets in /closed, which must be readable"))
  }

  @Test func theDoctorNamesAFileThatMayNotBeRead() {
    let run = Run("--doctor", in: typoWorld(isClosed: true))
    #expect(run.status == .success)
    #expect(
      run.output == """
        note     fleets: you can't read /closed, nor send to a fleet in it
                 fix: sudo chmod a+r /closed

        """)
    #expect(Run("--doctor", in: typoWorld()).output.isEmpty)
    var world = typoWorld()
    world.fleetFiles = ["/root/.config/msg/fleets.conf", "/etc/msgd/fleets.conf"]
    world.forbiddenFiles = Set(world.fleetFiles)
    #expect(
      Run("--doctor", in: world).output == """
        note     fleets: you can't read /etc/msgd/fleets.conf, nor send to a fleet in it
                 fix: sudo chmod a+rx /etc/msgd

        """)
  }

  @Test func theDoctorSaysThatALostHostIsNoFleet() {
    var world = typoWorld()
    world.found = { _ in [Finding(check: "system bus", state: .wrong, text: "away")] }
    let run = Run("--doctor", "/SERVER:ofice", in: world)
    #expect(run.output == "wrong    system bus: away\nnote     fleets: there is no fleet 'ofice', only office, shop\n")
    #expect(!Run("--doctor", "/SERVER:ann@ofice", in: world).output.contains("fleet"))
  }

  @Test func netSendSaysThatADomainIsNoFleet() {
    let run = Run("/DOMAIN:ofice", "hi", in: typoWorld(.netSend))
    #expect(run.status == .usage && run.errors.hasPrefix("net-send: there is no /etc/msgd/domains.conf: "))
    #expect(run.errors.hasSuffix("; and there is no fleet 'ofice', only office, shop\n"))
    #expect(!Run("/DOMAIN", "hi", in: typoWorld(.netSend)).errors.contains("fleet"))
  }

  @Test func aFleetsMessageCannotBeUpdated() {
    for words in [["--update", Self.id, "x"], ["--update", Self.id, "/SERVER:office", "x"]] {
      let run = Run(words.map { Array($0.utf8) }, in: world([]))
      #expect(run.status == .usage && asked == nil)
      #expect(run.errors.contains("Messages to fleets can't be updated: withdraw it, and send another one."))
    }
  }

  @Test func theDoctorAsks() {
    let finding = #"{"is":"finding","check":"broker","state":"wrong","text":"away","reason":"refused","fix":null}"#
    let run = run("--doctor", "/SERVER:office", saying: [finding])
    #expect(run.status == .notReached && run.output == "wrong    broker: away\n         because: refused\n")
  }
}
