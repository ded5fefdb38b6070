/// Machines of a fleet, grouped by what is to be said of them: a line for each machine, or one for many.
struct MachineGroups {
  private struct Group {
    let one: String
    let many: String
    var count = 0
    var first: [String] = []
  }

  /// How many machines have lines of their own.
  private static let fewest = 5
  /// How many names stand in the line for many.
  private static let named = 3

  private let fleet: FleetTarget
  private var groups: [Group] = []
  private var places: [String: Int] = [:]

  /// How many kinds of groups there are at most. The machines write the texts.
  private static let mostGroups = 50

  /// - Parameter fleet: the fleet that the machines are of.
  init(of fleet: FleetTarget) { self.fleet = fleet }

  /// Whether there is nothing to say.
  var isEmpty: Bool { groups.isEmpty }

  /// Adds a machine.
  ///
  /// - Parameters:
  ///   - machine: its name.
  ///   - one: what is said of it alone.
  ///   - many: what is said of many, behind their number: the same behind a colon, if it is nil.
  mutating func add(_ machine: String, _ one: String, many: String? = nil) {
    var place = places[one]
    if place == nil, groups.count < Self.mostGroups {
      place = groups.count
      places[one] = place
      groups.append(Group(one: one, many: many.map { " \($0)" } ?? ": \(one)"))
    }
    let index = place ?? groups.count - 1
    groups[index].count += 1
    if groups[index].first.count < Self.fewest { groups[index].first.append(machine) }
  }

  /// The lines.
  var lines: [String] {
    groups.flatMap { group in
      guard group.count > Self.fewest else { return group.first.map { "\(fleet.name(of: $0)): \(group.one)" } }
      let names = group.first.prefix(Self.named).joined(separator: ", ")
      return ["\(fleet.fleet): \(Self.machines(group.count))\(group.many): \(names) …"]
    }
  }

  /// A number of machines in words: `1 machine`.
  static func machines(_ count: Int) -> String { "\(grouped(count)) machine\(count == 1 ? "" : "s")" }

  /// The same as the subject of a sentence about what they are: `1 machine is`.
  static func count(_ count: Int) -> String { "\(machines(count)) \(count == 1 ? "is" : "are")" }

  /// A number with a space between thousands: `9 812`.
  static func grouped(_ number: Int) -> String {
    var text = "\(number)"
    var end = text.count - 3
    while end > 0 {
      text.insert(" ", at: text.index(text.startIndex, offsetBy: end))
      end -= 3
    }
    return text
  }
}
