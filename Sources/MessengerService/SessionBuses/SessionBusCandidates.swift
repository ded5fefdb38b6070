internal import GBus

/// The session buses that a session's processes name in their environment. A desktop that was started with
/// `dbus-run-session` or `dbus-launch` uses another bus than its user's services.
struct SessionBusCandidates: Sendable {
  /// How many buses are remembered. A desktop has one bus, and a few programs in sandboxes or tests have others.
  static let most = 4
  private static let longest = 1024

  /// The first named bus that can't be used.
  private(set) var unusable: String?
  /// Whether any process has a display.
  private(set) var hasDisplay = false
  private var buses: [Bus] = []

  private struct Bus {
    let address: BusAddress
    /// How many processes on it have a display.
    var programs = 0
    /// The environment of the first such process; before there is one, of any process.
    var environment: SessionEnvironment
  }

  /// Adds the environment of a process, in the format of `/proc/PID/environ`.
  mutating func read(_ environment: ArraySlice<UInt8>) {
    let block = EnvironmentBlock(environment)
    let isOnDisplay = block.has("WAYLAND_DISPLAY") || block.has("DISPLAY")
    hasDisplay = hasDisplay || isOnDisplay
    guard let text = block.text(of: "DBUS_SESSION_BUS_ADDRESS", atMost: Self.longest) else { return }
    let addresses = BusAddress.list(text)
    if addresses.isEmpty, !text.isEmpty { unusable = unusable ?? text }
    for address in addresses { note(address, isOnDisplay: isOnDisplay, block) }
  }

  /// Returns the environment of the desktop's programs on a bus; `nil` if none names that bus.
  func environment(at address: BusAddress) -> SessionEnvironment? {
    buses.first { $0.address == address }?.environment
  }

  /// Returns the addresses where the desktop may be, the likeliest first: the bus of most programs that have a display.
  /// Few programs belong to the shell that started the desktop, or were started from it for a test. The standard
  /// address is always included, after others that are as likely.
  func ranked(standard: BusAddress) -> [BusAddress] {
    let isKnown = buses.contains { $0.address == standard }
    let all = buses.filter { $0.address != standard } + (isKnown ? buses.filter { $0.address == standard } : [])
    let ranked = all.enumerated().sorted { ($1.element.programs, $0.offset) < ($0.element.programs, $1.offset) }
    return ranked.map(\.element.address) + (isKnown ? [] : [standard])
  }

  private mutating func note(_ address: BusAddress, isOnDisplay: Bool, _ block: EnvironmentBlock) {
    if let index = buses.firstIndex(where: { $0.address == address }) {
      guard isOnDisplay else { return }
      if buses[index].programs == 0 { buses[index].environment = SessionEnvironment(block, atMost: Self.longest) }
      buses[index].programs += 1
    } else if buses.count < Self.most {
      let environment = SessionEnvironment(block, atMost: Self.longest)
      buses.append(Bus(address: address, programs: isOnDisplay ? 1 : 0, environment: environment))
    }
  }
}
