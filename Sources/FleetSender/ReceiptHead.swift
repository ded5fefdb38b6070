internal import FleetContract
internal import PlainJSON

/// As much of a receipt as msg-fleet decides by. The rest goes to `msg` as it is.
struct ReceiptHead: Equatable {
  let stage: MachineReceipt.Stage
  let number: Int
  let isFinal: Bool

  /// The longest receipt that is read, in bytes: that of some hundred sessions.
  static let longest = 256 << 10

  /// Reads a receipt. It gets into an object, for `msg`, which reads no deeper.
  ///
  /// - Returns: `nil` if it is none of this message.
  init?(_ payload: [UInt8], of id: MessageID) {
    guard payload.count <= Self.longest, let value = try? JSONReader.read(payload, deepest: JSONReader.deepest - 1),
      value["v"] == .integer(1),
      value["id"]?.text == id.description, let number = value["number"]?.integer, number >= 0,
      let stage = value["stage"]?.text.flatMap(MachineReceipt.Stage.init(rawValue:))
    else { return nil }
    self.stage = stage
    self.number = Int(number)
    isFinal = value["final"]?.boolean ?? false
  }
}

extension Presence {
  /// The longest entry that is read, in bytes.
  private static let longest = 16 << 10
  /// Times with which one can calculate, in seconds since 1970.
  private static let times: Range<Int64> = 0..<1 << 40

  /// Reads an entry.
  ///
  /// - Returns: `nil` if it is none, or of another version.
  init?(payload: [UInt8]) {
    guard payload.count <= Self.longest, let entry = try? Presence(jsonText: payload), Self.times.contains(entry.since)
    else { return nil }
    self = entry
  }
}
