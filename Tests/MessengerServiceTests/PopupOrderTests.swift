import GBus
import Testing

@testable import MessengerService

/// The decision whose popups stand if there is room for few, without a desktop.
struct PopupOrderTests {
  private static let root: UInt32 = 0
  private static let ann: UInt32 = 1
  private static let bob: UInt32 = 2
  private static let eve: UInt32 = 3

  /// A desktop whose popups disappear as soon as they are displaced, and its clock.
  private struct Screen {
    var order = PopupOrder()
    var now = Deadline.now
    var standing: [Int] = []

    init(popups: Int = 1, lines: Int = .max) {
      order.room = PopupOrder.Room(popups: popups, lines: lines)
      order.turn = .seconds(30)
    }

    mutating func send(by sender: UInt32, size: Int = 1) -> Int {
      defer { arrange() }
      return order.enter(from: sender, size: size)
    }

    mutating func end(_ number: Int) {
      order.leave(number)
      standing.removeAll { $0 == number }
      arrange()
    }

    mutating func wait(_ seconds: Int) {
      now = now + .seconds(seconds)
      arrange()
    }

    private mutating func arrange() {
      var changes = order.arrange(at: now)
      while changes != PopupOrder.Changes() {
        standing = standing.filter { !changes.displaced.contains($0) } + changes.raised
        for number in changes.displaced { order.giveBack(number) }
        changes = order.arrange(at: now)
      }
    }
  }

  @Test func oneSendersComeInTheirOrder() {
    var screen = Screen()
    let sent = (0..<3).map { _ in screen.send(by: Self.ann) }
    screen.wait(1000)
    for number in sent {
      #expect(screen.standing == [number])
      screen.end(number)
    }
    #expect(screen.standing.isEmpty)
  }

  @Test func rootsIsShownAtOnceAndStays() {
    var screen = Screen()
    let bobs = (0..<3).map { _ in screen.send(by: Self.bob) }
    let roots = (0..<2).map { _ in screen.send(by: Self.root) }
    for number in roots {
      screen.wait(1000)
      #expect(screen.standing == [number])
      screen.end(number)
    }
    #expect(screen.standing == [bobs[0]])
  }

  @Test func aTurnIsWholeAndThenAnotherSenderHasOne() {
    var screen = Screen()
    let bobs = (0..<2).map { _ in screen.send(by: Self.bob) }
    let anns = screen.send(by: Self.ann)
    let eves = screen.send(by: Self.eve)
    #expect(screen.order.nextEnd(after: screen.now) == screen.now + .seconds(30))
    screen.wait(29)
    #expect(screen.standing == [bobs[0]])
    screen.wait(1)
    for _ in 0..<3 {
      for number in [anns, eves, bobs[0]] {
        #expect(screen.standing == [number])
        screen.wait(30)
      }
    }
  }

  @Test func whoHasStoodForLongGivesWayAtOnce() {
    var screen = Screen()
    let bobs = screen.send(by: Self.bob)
    screen.wait(1000)
    #expect(screen.order.nextEnd(after: screen.now) == nil)
    let anns = screen.send(by: Self.ann)
    #expect(screen.standing == [anns])
    screen.end(anns)
    #expect(screen.standing == [bobs])
  }

  @Test func ofSeveralTheOneThatHasStoodForLongestGivesWayFirst() {
    var order = PopupOrder()
    order.room = PopupOrder.Room(popups: 2)
    let now = Deadline.now
    let bobs = order.enter(from: Self.bob, size: 1)
    let anns = order.enter(from: Self.ann, size: 1)
    #expect(order.arrange(at: now) == .init(raised: [bobs, anns]))
    _ = order.enter(from: Self.eve, size: 1)
    #expect(order.arrange(at: now + .seconds(1000)) == .init(displaced: [bobs]))
  }

  @Test func sendersTakeTurnsWhenPopupsEnd() {
    var screen = Screen()
    let bobs = (0..<2).map { _ in screen.send(by: Self.bob) }
    let anns = (0..<2).map { _ in screen.send(by: Self.ann) }
    for number in [bobs[0], anns[0], bobs[1], anns[1]] {
      #expect(screen.standing == [number])
      screen.end(number)
    }
  }

  @Test func whoHasNoneComesBeforeWhoHasSeveral() {
    var screen = Screen(popups: 3)
    let bobs = (0..<4).map { _ in screen.send(by: Self.bob) }
    #expect(screen.standing == Array(bobs[..<3]))
    let anns = (0..<2).map { _ in screen.send(by: Self.ann) }
    #expect(screen.standing == [bobs[0], bobs[1], anns[0]])
    let eves = screen.send(by: Self.eve)
    #expect(screen.standing == [bobs[0], anns[0], eves])
    screen.end(bobs[0])
    #expect(screen.standing == [anns[0], eves, bobs[1]])
  }

  @Test func whatHasNoRoomKeepsNoneFromOthers() {
    var screen = Screen(popups: .max, lines: 10)
    let bobs = (0..<2).map { _ in screen.send(by: Self.bob, size: 4) }
    let large = screen.send(by: Self.ann, size: 8)
    // It waits until the first one's turn is over, and the second stays until then.
    #expect(screen.standing == bobs)
    screen.wait(30)
    #expect(screen.standing == [large])
    screen.end(large)
    #expect(Set(screen.standing) == Set(bobs))
  }

  @Test func whatNeedsMoreThanThereIsStandsAlone() {
    var screen = Screen(popups: .max, lines: 10)
    let large = screen.send(by: Self.root, size: 100)
    let small = screen.send(by: Self.root)
    #expect(screen.standing == [large])
    screen.end(large)
    #expect(screen.standing == [small])
  }

  @Test func roomIsTakenOnlyWhenItIsFree() {
    var order = PopupOrder()
    order.room = PopupOrder.Room(popups: 1)
    let now = Deadline.now
    let bobs = order.enter(from: Self.bob, size: 1)
    #expect(order.arrange(at: now) == .init(raised: [bobs]))
    let roots = order.enter(from: Self.root, size: 1)
    #expect(order.arrange(at: now) == .init(displaced: [bobs]))
    #expect(order.isNext(roots, at: now) && !order.isNext(bobs, at: now))
    #expect(order.arrange(at: now) == .init())
    order.giveBack(bobs)
    #expect(order.arrange(at: now) == .init(raised: [roots]))
    order.leave(roots)
    #expect(order.arrange(at: now) == .init(raised: [bobs]))
  }
}
