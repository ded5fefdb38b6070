internal import FleetContract

/// How much may wait on the disk, and how many ids are kept there. It decides alone; ``Inbox`` does what it says.
struct InboxLimits: Sendable {
  /// Messages that wait, and their bytes.
  var waiting = (count: 4000, bytes: 64 << 20)
  var waitingOfSender = (count: 1000, bytes: 16 << 20)
  /// Messages that are kept, with those that are over.
  var kept = 20_000
  var keptOfSender = 8_000

  /// What there is.
  private struct Use {
    var count = 0
    var bytes = 0
    var kept = 0
  }

  private var all = Use()
  private var senders: [FleetName: Use] = [:]

  init() {}

  /// Counts a message that has come.
  ///
  /// - Returns: why there is no room for it; `nil` if it was counted.
  mutating func add(_ sender: FleetName, bytes: Int) -> String? {
    let own = senders[sender] ?? Use()
    if own.count >= waitingOfSender.count || own.bytes + bytes > waitingOfSender.bytes || own.kept >= keptOfSender {
      return "too many messages of \(sender)"
    }
    if all.count >= waiting.count || all.bytes + bytes > waiting.bytes || all.kept >= kept {
      return "too many messages of all senders"
    }
    change(sender, count: 1, bytes: bytes, kept: 1)
    return nil
  }

  /// Counts a message of an earlier time, for which there is always room.
  mutating func restore(_ sender: FleetName, bytes: Int?) {
    change(sender, count: bytes == nil ? 0 : 1, bytes: bytes ?? 0, kept: 1)
  }

  /// Counts a message as one that waits no more.
  mutating func settle(_ sender: FleetName, bytes: Int) { change(sender, count: -1, bytes: -bytes, kept: 0) }

  /// Counts a message no more that doesn't wait.
  mutating func forget(_ sender: FleetName) { change(sender, count: 0, bytes: 0, kept: -1) }

  private mutating func change(_ sender: FleetName, count: Int, bytes: Int, kept: Int) {
    func changed(_ use: Use) -> Use {
      Use(count: use.count + count, bytes: use.bytes + bytes, kept: use.kept + kept)
    }
    all = changed(all)
    let own = changed(senders[sender] ?? Use())
    senders[sender] = own.kept == 0 ? nil : own
  }
}
