import MessengerClient
import MessengerContract
import MsgCommand
import enum MsgCommand.ExitStatus
import Testing

/// Messages to other machines.
@Suite struct HostsTests {
  private static let dead = ClientError.busUnreachable(address: "pc2", reason: "no answer within 10 seconds")

  @Test func oneHostIsAskedInsteadOfThisOne() {
    let remote = FakeService(.success([.alice(.shown)]))
    let run = Run("/SERVER:pc1", "alice", "/V", "hi", in: Run.World(remote: ["pc1": remote]))
    #expect(run.status == .success)
    #expect(run.service.calls.isEmpty && remote.calls.count == 1)
    #expect(
      run.output == """
        Sending message to alice (session tty2), display time 60
        Async message sent to alice (session tty2)

        """)
    #expect(run.hostTimeout == ["pc1": .seconds(10)])
  }

  @Test func severalHostsAreLabelled() {
    let world = Run.World(remote: [
      "pc1": FakeService(.success([.alice(.shown)])), "pc2": FakeService(.failure(Self.dead)),
      "pc3": FakeService(.failure(MessengerError(.noSuchRecipient, "alice is unknown"))),
    ])
    let run = Run("--server=pc1,pc2,pc3", "--connect-timeout", "3", "alice", "/V", "hi", in: world)
    #expect(run.status == .notReached)
    #expect(
      run.output == """
        pc1: Sending message to alice (session tty2), display time 60
        pc1: Async message sent to alice (session tty2)

        """)
    #expect(
      run.errors.split(separator: "\n").sorted() == [
        "msg: \(Self.dead)", "pc3: alice does not exist or is disconnected",
      ])
    #expect(run.hostTimeout == ["pc1": .seconds(3), "pc2": .seconds(3), "pc3": .seconds(3)])
  }

  @Test(
    arguments: [
      ([.success([.bob(.acknowledged)]), .success([.bob(.acknowledged)])], .success),
      ([.success([.bob(.acknowledged)]), .success([.bob(.expired)])], .notAcknowledged),
      ([.success([.bob(.acknowledged)]), .failure(dead)], .notReached),
      ([.failure(dead), .failure(dead)], .unavailable),
      ([.failure(dead), .failure(MessengerError(.notAuthorized, "no"))], .notReached),
    ] as [([Result<[Delivery], any Error>], ExitStatus)])
  func endsAsTheHostsDoTogether(_ answers: [Result<[Delivery], any Error>], _ status: ExitStatus) {
    let world = Run.World(remote: ["a": FakeService(answers[0]), "b": FakeService(answers[1])])
    #expect(Run("/SERVER:a,b", "/W", "bob", "hi", in: world).status == status)
  }

  @Test func everyHostIsAskedHoweverMany() {
    let names = (1...200).map { "pc\($0)" }
    let remote = Dictionary(uniqueKeysWithValues: names.map { ($0, FakeService(.success([.bob(.shown)]))) })
    let run = Run("/SERVER:\(names.joined(separator: ","))", "bob", "hi", in: Run.World(remote: remote))
    #expect(run.status == .success)
    #expect(remote.values.allSatisfy { $0.calls.count == 1 })
  }
}
