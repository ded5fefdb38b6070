internal import GBus

/// Decides which popups stand on a desktop with room for few. A value without clock or desktop.
///
/// Root's popups come first, in order of arrival, and stay. Among the others, each sender's first popup comes before
/// anybody's second, and every second one before anybody's third. Among the first ones, the sender who was served
/// longest ago comes first. A popup has a turn of a certain length. When the turn is over and another sender's popup
/// waits, it gives way and waits itself. So nobody's popups keep others away, however long they are to stay, and none
/// is lost.
struct PopupOrder: Sendable {
  /// How many popups have room at the same time.
  struct Room: Sendable, Equatable {
    var popups = Int.max
    /// How many lines of text the screen has room for, and how many lines a popup needs beyond its text.
    var lines = Int.max
    var frame = 0

    /// Estimates the lines that a text needs, because the desktop's font is unknown.
    func size(of text: String) -> Int {
      text.split(separator: "\n", omittingEmptySubsequences: false)
        .reduce(frame) { $0 + max(1, ($1.unicodeScalars.count + Self.width - 1) / Self.width) }
    }

    /// The letters of a line. ("Show all" begins at a similar proportion: six lines or 250 letters.)
    private static let width = 40
  }

  /// The changes to make.
  struct Changes: Sendable, Equatable {
    /// The popups whose turn begins.
    var raised: [Int] = []
    /// The popups to be taken off the screen. ``giveBack(_:)`` must follow for each when it is.
    var displaced: [Int] = []
  }

  /// A popup, with its number in the order of arrival.
  private struct Entry {
    let number: Int
    let sender: UInt32
    var size: Int
    /// When its turn began, by the clock and as a count of events; `nil` while it waits.
    var raised: (at: Deadline, event: Int)?
    /// Whether it is being taken off the screen.
    var isLeaving = false

    var isWaiting: Bool { raised == nil }
    var isStanding: Bool { raised != nil && !isLeaving }
  }

  /// The room on the desktop.
  var room = Room()
  /// The length of a popup's turn.
  var turn: Duration = .seconds(30)

  private var roots: [Entry] = []
  private var others: [Entry] = []
  /// When each sender who has popups here was last served, as a count of events.
  private var served: [UInt32: Int] = [:]
  private var events = 0

  private static let root: UInt32 = 0

  /// Whether a popup has its turn as soon as others are off the screen.
  func isNext(_ number: Int, at now: Deadline) -> Bool { choice(at: now).contains { $0.number == number } }

  /// Adds a popup.
  ///
  /// - Parameters:
  ///   - sender: the sender's uid.
  ///   - size: how many lines it needs.
  /// - Returns: the popup's number.
  mutating func enter(from sender: UInt32, size: Int) -> Int {
    events += 1
    let entry = Entry(number: events, sender: sender, size: size)
    if sender == Self.root { roots.append(entry) } else { others.append(entry) }
    return entry.number
  }

  /// Removes a popup that is gone or no longer wanted.
  mutating func leave(_ number: Int) {
    guard let entry = entry(number) else { return }
    serve(entry)
    roots.removeAll { $0.number == number }
    others.removeAll { $0.number == number }
    if !others.contains(where: { $0.sender == entry.sender }) { served[entry.sender] = nil }
  }

  /// Notes that a popup needs another number of lines.
  mutating func resize(_ number: Int, to size: Int) {
    change(number) { $0.size = size }
  }

  /// Notes that a displaced popup is off the screen.
  mutating func giveBack(_ number: Int) {
    guard let index = others.firstIndex(where: { $0.number == number }) else { return }
    (others[index].raised, others[index].isLeaving) = (nil, false)
  }

  /// Whether there are no popups.
  var isEmpty: Bool { roots.isEmpty && others.isEmpty }
  /// Whether one of the popups is root's.
  var hasRoots: Bool { !roots.isEmpty }
  /// Whether no popup stands or is being taken off the screen.
  var isClear: Bool { roots.allSatisfy(\.isWaiting) && others.allSatisfy(\.isWaiting) }

  /// Whether a popup has its turn, and keeps it for now.
  func isStanding(_ number: Int) -> Bool { entry(number)?.isStanding ?? false }

  /// Counts a popup as root's from now on, or no longer. A popup that stands keeps its turn. A displaced one stays what
  /// it is until it is off the screen.
  mutating func count(_ number: Int, asRoots isRoots: Bool) {
    guard let entry = entry(number), !entry.isLeaving, isRoots != roots.contains(where: { $0.number == number }) else {
      return
    }
    roots.removeAll { $0.number == number }
    others.removeAll { $0.number == number }
    if isRoots { roots.insert(entry, at: entry.isWaiting ? roots.endIndex : 0) } else { others.append(entry) }
  }

  /// Takes all popups but root's off the screen.
  ///
  /// - Returns: those that stand. ``giveBack(_:)`` must follow for each.
  mutating func displaceAll() -> [Int] {
    let standing = others.indices.filter { others[$0].isStanding }
    for index in standing {
      serve(others[index])
      others[index].isLeaving = true
    }
    return standing.map { others[$0].number }
  }

  /// Decides whose turn it is. A displaced popup keeps its room until it is off the screen.
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

  /// Returns when the next turn ends, if any popup waits; otherwise `nil`.
  func nextEnd(after now: Deadline) -> Deadline? {
    guard others.contains(where: \.isWaiting) else { return nil }
    return others.filter(\.isStanding).compactMap { $0.raised.map { $0.at + turn } }.filter { now < $0 }.min()
  }

  /// Returns the popups that are to stand, in order. A standing popup stays if no other can use its room.
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

  /// Ranks the popups of senders other than root, in rounds of one for each sender. Within a round, popups in their
  /// turn come first, then waiting ones, then those whose turn is over. Of the last, the one that has stood longest
  /// gives way first.
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
    let beginning = (at: now, event: events)
    change(entry.number) { $0.raised = beginning }
  }

  private mutating func change(_ number: Int, _ body: (inout Entry) -> Void) {
    if let index = roots.firstIndex(where: { $0.number == number }) { body(&roots[index]) }
    if let index = others.firstIndex(where: { $0.number == number }) { body(&others[index]) }
  }

  private mutating func serve(_ entry: Entry) {
    events += 1
    if entry.sender != Self.root { served[entry.sender] = events }
  }

  private func entry(_ number: Int) -> Entry? {
    roots.first { $0.number == number } ?? others.first { $0.number == number }
  }

  /// The room that is left. A single popup always fits, however large it is.
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
