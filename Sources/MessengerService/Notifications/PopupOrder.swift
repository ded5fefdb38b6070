internal import GBus

/// Which popups stand on a desktop that has room for few: a value without clock or desktop.
///
/// Root's come first, in the order of their coming, and stay. Of the others, each sender's first popup comes before
/// anybody's second, and that before anybody's third; among the first ones, that of who was not served for longest. A
/// popup has a turn of some time. When that is over and another sender's waits, it gives way, and waits itself: so
/// nobody's keep others away, however long they are to stay, and none is lost.
struct PopupOrder: Sendable {
  /// How many popups have room at a time.
  struct Room: Sendable, Equatable {
    var popups = Int.max
    /// How many lines of text, one below the other, the screen has room for; a popup needs so many more than its text.
    var lines = Int.max
    var frame = 0

    /// What a text needs of the lines, as far as that can be told without the desktop's font.
    func size(of text: String) -> Int {
      text.split(separator: "\n", omittingEmptySubsequences: false)
        .reduce(frame) { $0 + max(1, ($1.unicodeScalars.count + Self.width - 1) / Self.width) }
    }

    /// Letters of a line (Show all begins with six lines or 250 letters, too).
    private static let width = 40
  }

  /// What is to be done.
  struct Changes: Sendable, Equatable {
    /// Popups that have their turn from now on.
    var raised: [Int] = []
    /// Popups that are to be taken off the screen, and of which it is to be told when they are.
    var displaced: [Int] = []
  }

  /// A popup, by its number, which says in which order they came.
  private struct Entry {
    let number: Int
    let sender: UInt32
    let size: Int
    /// When its turn began, by the clock and counted in events; `nil` while it waits.
    var raised: (at: Deadline, event: Int)?
    /// Whether it is on its way off the screen.
    var isLeaving = false

    var isWaiting: Bool { raised == nil }
    var isStanding: Bool { raised != nil && !isLeaving }
  }

  /// What there is on the desktop.
  var room = Room()
  /// How long a popup's turn is.
  var turn: Duration = .seconds(30)

  private var roots: [Entry] = []
  private var others: [Entry] = []
  /// When senders were served, counted in events; of those who have popups here.
  private var served: [UInt32: Int] = [:]
  private var events = 0

  private static let root: UInt32 = 0

  /// Whether a popup has its turn as soon as others are off the screen.
  func isNext(_ number: Int, at now: Deadline) -> Bool { choice(at: now).contains { $0.number == number } }

  /// A popup has come.
  ///
  /// - Parameters:
  ///   - sender: whose uid it is.
  ///   - size: how many lines it needs.
  /// - Returns: its number.
  mutating func enter(from sender: UInt32, size: Int) -> Int {
    events += 1
    let entry = Entry(number: events, sender: sender, size: size)
    if sender == Self.root { roots.append(entry) } else { others.append(entry) }
    return entry.number
  }

  /// A popup is gone, or not wanted any more.
  mutating func leave(_ number: Int) {
    guard let entry = entry(number) else { return }
    serve(entry)
    roots.removeAll { $0.number == number }
    others.removeAll { $0.number == number }
    if !others.contains(where: { $0.sender == entry.sender }) { served[entry.sender] = nil }
  }

  /// A popup that was displaced is off the screen.
  mutating func giveBack(_ number: Int) {
    guard let index = others.firstIndex(where: { $0.number == number }) else { return }
    (others[index].raised, others[index].isLeaving) = (nil, false)
  }

  /// Says who has a turn now. What is displaced keeps its room until it is off the screen.
  mutating func arrange(at now: Deadline) -> Changes {
    var changes = Changes()
    let chosen = choice(at: now)
    let numbers = Set(chosen.map(\.number))
    for index in others.indices where others[index].isStanding && !numbers.contains(others[index].number) {
      serve(others[index])
      others[index].isLeaving = true
      changes.displaced.append(others[index].number)
    }
    var space = Space(room)
    for entry in roots.prefix(while: { !$0.isWaiting }) + others where !entry.isWaiting { space.force(entry.size) }
    for entry in chosen where entry.isWaiting {
      guard space.take(entry.size) else { break }
      raise(entry, at: now)
      changes.raised.append(entry.number)
    }
    return changes
  }

  /// When a turn ends next for which somebody may wait; `nil` where there is none.
  func nextEnd(after now: Deadline) -> Deadline? {
    guard others.contains(where: \.isWaiting) else { return nil }
    return others.filter(\.isStanding).compactMap { $0.raised.map { $0.at + turn } }.filter { now < $0 }.min()
  }

  /// The popups that are to stand, the first first. What stands is left where nothing else can have its room.
  private func choice(at now: Deadline) -> [Entry] {
    var space = Space(room)
    var chosen: [Entry] = []
    var isFull = false
    for entry in roots {
      guard space.take(entry.size) else {
        isFull = true
        break
      }
      chosen.append(entry)
    }
    if isFull, !others.contains(where: \.isStanding) { return chosen }
    for entry in ranking(at: now) where entry.isStanding || !isFull {
      if space.take(entry.size) { chosen.append(entry) } else { isFull = true }
    }
    return chosen
  }

  /// The others' popups: rounds of one for each sender. In each round those that have their turn come first, then those
  /// that wait, then those whose turn is over, of which the one that has stood for longest gives way first.
  private func ranking(at now: Deadline) -> [Entry] {
    var rounds: [UInt32: Int] = [:]
    let ranks = others.map { entry in
      defer { rounds[entry.sender, default: 0] += 1 }
      let round = rounds[entry.sender, default: 0]
      guard entry.isStanding, let raised = entry.raised else {
        return (entry, [round, 1, max(entry.number, served[entry.sender, default: 0])])
      }
      return (entry, raised.at + turn <= now ? [round, 2, -raised.event] : [round, 0, raised.event])
    }
    return ranks.sorted { $0.1.lexicographicallyPrecedes($1.1) }.map(\.0)
  }

  private mutating func raise(_ entry: Entry, at now: Deadline) {
    serve(entry)
    if let index = roots.firstIndex(where: { $0.number == entry.number }) { roots[index].raised = (now, events) }
    if let index = others.firstIndex(where: { $0.number == entry.number }) { others[index].raised = (now, events) }
  }

  private mutating func serve(_ entry: Entry) {
    events += 1
    if entry.sender != Self.root { served[entry.sender] = events }
  }

  private func entry(_ number: Int) -> Entry? {
    roots.first { $0.number == number } ?? others.first { $0.number == number }
  }

  /// What is left of the room. One popup has it, however much it takes.
  private struct Space {
    private var popups: Int
    private var lines: Int
    private var isEmpty = true

    init(_ room: Room) { (popups, lines) = (room.popups, room.lines) }

    mutating func take(_ size: Int) -> Bool {
      guard isEmpty || popups > 0 && lines >= size else { return false }
      force(size)
      return true
    }

    mutating func force(_ size: Int) {
      isEmpty = false
      popups -= 1
      lines -= size
    }
  }
}
