import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

@Suite(.timeLimit(.minutes(1))) struct MessageTests {
  /// A message to the sessions `1` and `2`, with one recipient that means nobody, and the changes that it reports.
  @MainLoop
  private static func message() -> (Message, Recorder<Delivery>) {
    let content = PopupContent(title: "t", body: "b", timeout: nil, urgency: .critical, icon: "", replies: [])
    let failure = RecipientResolver.Failure(recipient: "eve", error: MessengerError(.noSuchRecipient, "no eve"))
    let message = Message(
      id: 1, sender: Caller(busName: ":1.1", uid: 1), content: content,
      deliveries: [
        Delivery(to: .test("1"), timeout: .seconds(60)), Delivery(to: .test("2"), timeout: .seconds(60)),
        Delivery(failed: failure),
      ])
    let changes = Recorder<Delivery>()
    message.onChange = { changes.record($0) }
    return (message, changes)
  }

  /// Waits for a condition in a task of its own; returns when that task waits.
  @MainLoop
  private static func waiter(
    for message: Message, until milestone: Message.Milestone
  ) async -> Recorder<Void> {
    let began = Recorder<Void>()
    let ended = Recorder<Void>()
    MainLoop.task {
      began.record(())
      await message.wait(until: milestone)
      ended.record(())
    }
    await began.wait(for: 1)
    return ended
  }

  /// Lets all tasks run that are ready.
  @MainLoop
  private static func settle() async {
    for _ in 0..<3 { await MainLoop.task {}.value }
  }

  @Test func behindALockedScreenNothingIsShown() async {
    await MainLoop.test {
      let (message, changes) = Self.message()
      message.sessionUnlocked("1")
      message.hide(at: ["1", "2"])
      message.sessionUnlocked("2")
      message.expire(at: ["1", "2"])
      #expect(changes.elements.map(\.state) == [.pending, .pending, .shown, .suppressed, .expired])
      #expect(changes.elements.map(\.sessionID) == ["1", "2", "2", "1", "2"])
      #expect(changes.elements[0].isSettled && changes.elements[0].details.error?.message == "the screen is locked")
      #expect(changes.elements[2].details.error == nil)
    }
  }

  @Test func onlyAnAnswerProvesThatWhatMayBeHiddenWasSeen() async {
    await MainLoop.test {
      let (message, changes) = Self.message()
      message.note(mayBeHidden: true, at: ["1", "2"])
      message.hide(at: ["1"])
      message.sessionUnlocked("1")
      message.enter(.shown, at: ["2"])
      message.enter(.acknowledged, at: ["1"])
      message.expire(at: ["2"])
      #expect(changes.elements.map(\.state) == [.pending, .shown, .shown, .acknowledged, .expired])
      #expect(changes.elements.map(\.details.certain) == [nil, false, false, nil, false])
    }
  }

  @Test func whatADesktopShowsForCertainHasNoDoubt() async {
    await MainLoop.test {
      let (message, changes) = Self.message()
      message.note(mayBeHidden: true, at: ["1", "2"])
      message.note(mayBeHidden: false, at: ["1"])
      message.enter(.shown, at: ["1", "2"])
      #expect(changes.elements.map(\.details.certain) == [nil, false])
    }
  }

  @Test func whoWaitsForATurnIsNotShownByUnlocking() async {
    await MainLoop.test {
      let (message, changes) = Self.message()
      message.enter(.pending, at: ["1"], reason: .noRoom(showsOne: true, isReturn: false))
      message.sessionUnlocked("1")
      #expect(changes.elements.map(\.state) == [.pending])
    }
  }

  private final class Text {}

  @Test func nothingIsKeptOfPopupsWhenAllIsFinal() async {
    await MainLoop.test {
      let (message, _) = Self.message()
      weak var kept: Text?
      do {
        let text = Text()
        kept = text
        message.onEnd(of: ["1", "2"]) { _ in _ = text }
      }
      message.enter(.acknowledged, at: ["1"])
      #expect(kept != nil)
      message.enter(.expired, at: ["2"])
      #expect(kept == nil)
    }
  }

  @Test func changesAreTold() async {
    await MainLoop.test {
      let (message, changes) = Self.message()
      message.enter(.shown, at: ["1", "2"])
      message.enter(.shown, at: ["1", "2"])
      message.enter(.acknowledged, at: ["2"], reply: "y")
      message.enter(.failed, at: ["1", "2"], reason: .said("x"))
      #expect(changes.elements.map(\.sessionID) == ["1", "2", "2", "1"])
      #expect(changes.elements.map(\.state) == [.shown, .shown, .acknowledged, .failed])
      #expect(changes.elements[2].details.reply == "y" && changes.elements[3].details.error?.message == "x")
      #expect(changes.elements[2...].allSatisfy { ($0.details.elapsed ?? -1) >= 0 })
      #expect(message.deliveries.map(\.state) == [.failed, .acknowledged, .failed] && message.isFinal)
    }
  }

  @Test(arguments: [["3"], [], ["eve"], [""]] as [Set<String>])
  func unknownSessionChangesNothing(_ sessions: Set<String>) async {
    await MainLoop.test {
      let (message, changes) = Self.message()
      let before = message.deliveries
      message.enter(.withdrawn, at: sessions)
      #expect(message.deliveries == before && changes.elements.isEmpty && !message.isFinal)
    }
  }

  @Test func sessionEnds() async {
    await MainLoop.test {
      let (message, changes) = Self.message()
      message.enter(.shown, at: ["1"])
      for id in ["1", "1", "3"] { message.sessionEnded(id) }
      #expect(message.deliveries.map(\.state) == [.sessionClosed, .pending, .failed] && !message.isFinal)
      message.enter(.dismissed, at: ["1", "2"])
      message.sessionEnded("2")
      #expect(message.deliveries.map(\.state) == [.sessionClosed, .dismissed, .failed] && message.isFinal)
      #expect(changes.elements.map(\.state) == [.shown, .sessionClosed, .dismissed])
    }
  }

  @Test func withdrawingWaitsForThePopups() async {
    await MainLoop.test {
      let (message, changes) = Self.message()
      message.withdraw()
      #expect(message.isWithdrawn && !message.isFinal && changes.elements.isEmpty)
    }
  }

  @Test func waitersGoOnWhenEveryDeliveryIsThere() async {
    await MainLoop.test {
      let (message, _) = Self.message()
      let decided = await Self.waiter(for: message, until: .settled)
      let final = [
        await Self.waiter(for: message, until: .final),
        await Self.waiter(for: message, until: .final),
      ]
      message.enter(.shown, at: ["1"])
      await Self.settle()
      #expect(decided.elements.isEmpty)
      message.enter(.shown, at: ["2"])
      await decided.wait(for: 1)
      message.enter(.expired, at: ["2"])
      await Self.settle()
      #expect(final.allSatisfy { $0.elements.isEmpty })
      message.sessionEnded("1")
      for waiter in final { await waiter.wait(for: 1) }
      // If anything were resumed twice, the process would end.
      message.enter(.failed, at: ["1", "2"])
      await Self.settle()
      #expect((final + [decided]).allSatisfy { $0.elements.count == 1 })
    }
  }

  @Test func whatIsMetIsNotWaitedFor() async {
    await MainLoop.test {
      let (message, _) = Self.message()
      message.enter(.expired, at: ["1", "2"])
      await message.wait(until: .final)
    }
  }
}
