import MessengerContract
import Platform
import Synchronization
import Testing

@testable import MsgCommand

/// `--progress`, and the numbers that it reads from standard input.
@Suite struct ProgressTests {
  @Test(
    arguments: [
      ("42\n", 42), ("42", 42), ("42.9\n", 42), ("42%\n", 42), (" 7 \n", 7), ("0\n", 0), ("250\n", 100), ("-3\n", 0),
      ("writing sector 5: 42%\n", 42), ("[====  (42%\n", 42), ("1\r2\r3%", 3), ("1\r\n2\r\n", 2),
      (String(repeating: "=", count: 1000) + " 42%\n", 42),
      ("", nil), ("\n\n", nil), ("half\n", nil), ("5 of 10\n", nil), ("%\n", nil), ("nan\n", nil), ("inf%\n", nil),
      ("# 5 files\n", nil), (String(repeating: "9", count: 400), nil), ("\u{0}\u{1B}[2K\n", nil),
    ] as [(String, UInt32?)]) func linesAreRead(_ text: String, _ percent: UInt32?)
  {
    var parser = ProgressParser()
    for byte in text.utf8 { parser.read([byte]) }
    parser.endLine()
    #expect(parser.percent == percent)
  }

  @Test func aNumberGoesWithTheMessage() {
    #expect(Run("bob", "--progress", "42", "hi").call?.options == SendOptions(progress: 42))
  }

  /// A run with pieces of standard input.
  private static func run(_ words: [String], _ pieces: [InputChunk], _ service: FakeService) -> Run {
    let rest = Mutex(pieces)
    var world = Run.World(service: service)
    world.nextInput = { _ in rest.withLock { $0.isEmpty ? .end : $0.removeFirst() } }
    return Run(words.map { Array($0.utf8) }, in: world)
  }

  private static func bytes(_ text: String) -> InputChunk { .bytes(Array(text.utf8)) }

  @Test(arguments: [[], ["/W"]]) func theInputDrivesTheMessage(_ more: [String]) {
    let service = FakeService(
      .success([.bob(more.isEmpty ? .shown : .acknowledged)]), after: [Delivery.bob(.shown).change])
    let run = Self.run(
      ["bob", "--progress", "-"] + more + ["hi"],
      [Self.bytes("1"), Self.bytes("0\n"), .nothing, Self.bytes("99\n100")],
      service)
    #expect(service.calls.map(\.options.progress) == [0])
    #expect(service.updates.map(\.options.progress) == [10, 100])
    #expect(service.updates.allSatisfy { $0.id == 1 && $0.body.isEmpty && $0.options.timeout == 60 })
    #expect(run.status == .success && run.errors.isEmpty)
  }

  @Test func withoutNewsTheTimeBeginsAnew() {
    let service = FakeService(.success([.bob(.shown)]))
    _ = Self.run(["--update", "5", "--progress", "-", "/TIME:9"], [.nothing, .nothing], service)
    #expect(service.updates.map(\.options.progress) == [0, nil, nil, nil])
    #expect(service.updates.allSatisfy { $0.id == 5 && $0.options.timeout == 9 })
  }

  @Test func inputThatNeverPausesRenewsTheTime() {
    let service = FakeService(.success([.bob(.shown)]))
    let start = Mutex(Deadline.now)
    var world = Run.World(service: service)
    world.nextInput = { _ in
      start.withLock(\.self) + .milliseconds(800) > .now ? .bytes(Array("file\n".utf8)) : .end
    }
    _ = Run("--update", "5", "/TIME:1", "--progress", "-", in: world)
    #expect(service.updates.count >= 4)  // the first one, two renewals, the last one
  }

  @Test func aMessageThatIsForgottenIsNoFailure() {
    let service = FakeService(.success([.bob(.acknowledged)]), after: [Delivery.bob(.shown).change])
    service.forgets = true
    let run = Self.run(["bob", "/W", "--progress", "-", "hi"], [Self.bytes("5\n"), .nothing], service)
    #expect(run.status == .success && run.errors.isEmpty && service.updates.count == 1)
  }

  @Test func theInputIsReadToItsEndThoughNobodyIsReached() {
    let reads = Mutex(0)
    var world = Run.World(service: FakeService(.failure(MessengerError(.noSuchRecipient, "no bob"))))
    world.nextInput = { _ in
      reads.withLock { $0 += 1 }
      return reads.withLock(\.self) < 5 ? .bytes(Array("3\n".utf8)) : .end
    }
    let run = Run("bob", "--progress", "-", "hi", in: world)
    #expect(run.status == .noSuchRecipient && reads.withLock(\.self) == 5)
  }

  @Test func anInputThatBreaksIsAnError() {
    var world = Run.World(service: FakeService(.success([.bob(.shown)])))
    world.nextInput = { _ in throw InputError.content("can't read standard input: broken") }
    let run = Run("bob", "--progress", "-", "hi", in: world)
    #expect(run.errors == "msg: the progress was not shown to the end: can't read standard input: broken\n")
    #expect(run.status == .notReached)
  }
}
