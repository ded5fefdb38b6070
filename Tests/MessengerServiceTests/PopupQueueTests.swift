import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// The turns of popups that one popup can hold together, among others.
@Suite(.timeLimit(.minutes(1))) struct PopupQueueTests {
  private static let root: UInt32 = 0
  private static let ann: UInt32 = 1
  private static let bob: UInt32 = 2

  /// A desktop that shows one popup, which can hold three messages.
  @MainLoop
  private final class Screen {
    private let queue = PopupQueue()
    private let turn: Duration

    init(turn: Duration = .seconds(1000)) { self.turn = turn }

    func part(of sender: UInt32) -> PopupQueue.Place { place(of: sender, parts: 3) }
    func single(of sender: UInt32) -> PopupQueue.Place { place(of: sender, parts: nil) }

    private func place(of sender: UInt32, parts: Int?) -> PopupQueue.Place {
      queue.enter(for: "", from: sender, in: .init(popups: 1), turn: turn, parts: parts)
    }
  }

  @MainLoop
  private static func giveBack(_ places: PopupQueue.Place...) {
    for place in places {
      #expect(place.isDisplaced)
      place.giveBack()
    }
  }

  @Test func partsHaveTheirTurnTogether() async {
    await MainLoop.test {
      let screen = Screen()
      let parts = [screen.part(of: Self.ann), screen.part(of: Self.bob), screen.part(of: Self.root)]
      let single = screen.single(of: Self.ann)
      #expect(parts.allSatisfy(\.hasTurn) && !single.hasTurn)
      for part in parts {
        #expect(!single.hasTurn)
        part.leave()
      }
      #expect(single.hasTurn)
    }
  }

  @Test func aPartTooManyWaits() async {
    await MainLoop.test {
      let screen = Screen()
      let parts = (0..<4).map { _ in screen.part(of: Self.ann) }
      #expect(parts.map(\.hasTurn) == [true, true, true, false])
      parts[1].leave()
      #expect(parts[3].hasTurn)
    }
  }

  @Test func rootsPartHasThePlaceOfAnothers() async {
    await MainLoop.test {
      let screen = Screen()
      let parts = (0..<3).map { _ in screen.part(of: Self.ann) }
      let roots = screen.part(of: Self.root)
      #expect(parts.map(\.isDisplaced) == [false, false, true] && !roots.hasTurn)
      Self.giveBack(parts[2])
      #expect(roots.hasTurn && !parts[2].hasTurn)
    }
  }

  @Test func rootsSingleTakesThePlaceOfAll() async {
    await MainLoop.test {
      let screen = Screen()
      let parts = [screen.part(of: Self.ann), screen.part(of: Self.bob)]
      let single = screen.single(of: Self.root)
      let roots = screen.part(of: Self.root)
      #expect(parts.allSatisfy(\.isDisplaced) && !single.hasTurn && single.isNext && !roots.isNext)
      Self.giveBack(parts[0])
      #expect(!single.hasTurn)
      Self.giveBack(parts[1])
      #expect(single.hasTurn && !roots.hasTurn)
      single.leave()
      #expect(roots.hasTurn && parts.allSatisfy(\.hasTurn))
    }
  }

  @Test func aPartThatLeavesInsteadOfGivingBackMakesRoomToo() async {
    await MainLoop.test {
      let screen = Screen()
      let parts = [screen.part(of: Self.ann), screen.part(of: Self.bob)]
      let single = screen.single(of: Self.root)
      parts[0].leave()
      Self.giveBack(parts[1])
      #expect(single.hasTurn)
    }
  }

  @Test func whileItHoldsRootsItStays() async {
    await MainLoop.test {
      let screen = Screen(turn: .zero)
      let parts = [screen.part(of: Self.ann), screen.part(of: Self.root)]
      let others = screen.single(of: Self.bob)
      let roots = screen.single(of: Self.root)
      #expect(parts.allSatisfy { !$0.isDisplaced } && !others.hasTurn && !roots.hasTurn)
      parts[1].leave()
      #expect(parts[0].isDisplaced)
      Self.giveBack(parts[0])
      #expect(roots.hasTurn)
    }
  }

  @Test func itTakesTurnsWithOthersAsOne() async {
    await MainLoop.test {
      let screen = Screen(turn: .milliseconds(20))
      let parts = [screen.part(of: Self.ann), screen.part(of: Self.bob)]
      let single = screen.single(of: Self.ann)
      // A part that joins doesn't begin the turn anew, nor does one that leaves.
      parts[0].leave()
      let later = screen.part(of: Self.ann)
      #expect(later.hasTurn && !single.hasTurn)
      let gone = MainLoop.task { await single.turn(by: nil) }
      let host = FakePopupHost()
      let content = PopupContent(title: "", body: "", timeout: nil, urgency: .normal, icon: "", replies: [])
      later.popup = Popup(id: 1, content: content, quirks: .standard, settlingDelay: .zero, host: host)
      await host.calls.wait(for: 1)
      #expect(host.calls.elements.first == "close")
      Self.giveBack(parts[1], later)
      #expect(await gone.value)
    }
  }
}
