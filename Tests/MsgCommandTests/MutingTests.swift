import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// `msg --mute`, `--unmute` and `--mute-status`.
@Suite struct MutingTests {
  @Test(arguments: [("--mute", true), ("--unmute", false)])
  func isToldToTheServiceInSilence(_ option: String, _ isMuted: Bool) {
    let run = Run(option)
    #expect(run.status == .success)
    #expect(run.output.isEmpty && run.errors.isEmpty)
    #expect(run.service.mutings == [isMuted] && run.service.calls.isEmpty)
  }

  @Test func statusIsPrinted() {
    let service = FakeService()
    #expect(Run("--mute-status", service: service).output == "not muted\n")
    #expect(Run("--mute", "/V", service: service).output == "muted\n")
    let run = Run("--mute-status", service: service)
    #expect(run.output == "muted\n" && run.status == .success)
    #expect(service.mutings == [true])
  }

  @Test func everyHostIsAsked() {
    let remote = ["pc1": FakeService(), "pc2": FakeService(.failure(MessengerError(.failed, "the disk is full")))]
    let run = Run("--mute", "/V", "/SERVER:pc1,pc2", in: Run.World(remote: remote))
    #expect(run.status == .notReached)
    #expect(run.output == "pc1: muted\n")
    #expect(run.errors == "msg: pc2: the disk is full\n")
    #expect(run.service.mutings.isEmpty && remote["pc1"]?.mutings == [true])
  }

  @Test func refusalIsTold() {
    let run = Run("--mute", service: FakeService(.failure(MessengerError(.failed, "the disk is full"))))
    #expect(run.status == .internalError)
    #expect(run.output.isEmpty && run.errors == "msg: the disk is full\n")
  }

  @Test(arguments: ["--mute", "--unmute", "--mute-status"])
  func nothingStandsBesideIt(_ option: String) {
    for other in [["bob"], ["bob", "hi"], ["--all"], ["--sessions"], ["--withdraw=1"], ["--json"]] {
      let run = Run(([option] + other).map { Array($0.utf8) })
      #expect(run.status == .usage && run.service.mutings.isEmpty && run.service.calls.isEmpty)
      #expect(run.errors.contains(option) && run.errors.contains(other[0].prefix { $0 != "=" }))
    }
  }

  @Test(arguments: [["--mute", "--unmute"], ["--mute", "--mute-status"], ["--unmute", "--mute-status"]])
  func oneAtATime(_ options: [String]) {
    let run = Run(options.map { Array($0.utf8) })
    #expect(run.status == .usage && run.service.mutings.isEmpty)
    #expect(run.errors.contains("\(options[0]) and \(options[1]) can't be combined"))
  }
}
