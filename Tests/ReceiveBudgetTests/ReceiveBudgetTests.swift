import CReceiveBudget
import Testing

/// How much the meter lets through, by a clock of the test's own.
@Suite struct ReceiveBudgetTests {
  private static let second: Int64 = 1_000_000
  private static let headerLength = 16

  /// The first 16 bytes of a message with at least one header field, and a body.
  private static func header(fields: UInt32 = 8, body: UInt32, isBig: Bool = false, version: UInt8 = 1) -> [UInt8] {
    func bytes(_ number: UInt32) -> [UInt8] {
      withUnsafeBytes(of: isBig ? number.bigEndian : number.littleEndian, Array.init)
    }
    return [UInt8(ascii: isBig ? "B" : "l"), 4, 0, version] + bytes(body) + bytes(1) + bytes(fields)
  }

  private static func started(at now: Int64 = 0) -> MsgReceiveBudget {
    var meter = MsgReceiveBudget()
    msg_receive_budget_start(&meter, now)
    return meter
  }

  /// Lets a whole message through.
  ///
  /// - Returns: whether it may begin.
  private static func take(_ body: UInt32, _ meter: inout MsgReceiveBudget, at now: Int64 = 0) -> Bool {
    guard msg_receive_budget_allowance(&meter, 1, now) > 0 else { return false }
    #expect(msg_receive_budget_read(&meter, header(body: body), headerLength) == MSG_BUDGET_GOOD)
    while !msg_receive_budget_is_between_messages(&meter) {
      let count = msg_receive_budget_allowance(&meter, .max, now)
      let part = [UInt8](repeating: 0, count: count)
      #expect(count > 0 && msg_receive_budget_read(&meter, part, count) == MSG_BUDGET_GOOD)
    }
    return true
  }

  private static func takeAll(_ body: UInt32, _ meter: inout MsgReceiveBudget, at now: Int64 = 0) -> Int {
    var count = 0
    while take(body, &meter, at: now) { count += 1 }
    return count
  }

  @Test(arguments: [true, false]) func messageIsReadPieceByPiece(_ isBig: Bool) {
    var meter = Self.started()
    // 5 bytes of fields are padded to 8.
    let header = Self.header(fields: 5, body: 4, isBig: isBig)
    #expect(msg_receive_budget_allowance(&meter, 100, 0) == 16)
    for (index, byte) in header.enumerated() {
      #expect(msg_receive_budget_allowance(&meter, 100, 0) == 16 - index)
      #expect(msg_receive_budget_read(&meter, [byte], 1) == MSG_BUDGET_GOOD)
    }
    #expect(msg_receive_budget_message_length(&meter) == 28)
    #expect(msg_receive_budget_allowance(&meter, 100, 0) == 12 && msg_receive_budget_allowance(&meter, 7, 0) == 7)
    #expect(msg_receive_budget_read(&meter, Array(repeating: 0, count: 12), 12) == MSG_BUDGET_GOOD)
    #expect(msg_receive_budget_is_between_messages(&meter) && msg_receive_budget_allowance(&meter, 100, 0) == 16)
  }

  @Test(arguments: [
    (header(body: 65536 - 24), MSG_BUDGET_GOOD), (header(body: 65536 - 23), MSG_BUDGET_TOO_LONG),
    (header(fields: 65536 - 16, body: 0), MSG_BUDGET_GOOD), (header(fields: 65536 - 15, body: 0), MSG_BUDGET_TOO_LONG),
    (header(fields: .max, body: .max, isBig: true), MSG_BUDGET_TOO_LONG),
    (header(fields: 0, body: 0), MSG_BUDGET_NO_MESSAGE), (header(body: 0, version: 2), MSG_BUDGET_NO_MESSAGE),
    (Array("garbage garbage ".utf8), MSG_BUDGET_NO_MESSAGE),
  ]) func headerIsJudged(_ header: [UInt8], _ verdict: MsgReceiveBudgetVerdict) {
    var meter = Self.started()
    #expect(msg_receive_budget_read(&meter, header, header.count) == verdict)
  }

  @Test func onceTheCreditIsUsedUpNothingBegins() {
    var meter = Self.started()
    let cost = 24 + 1000 + Int(MSG_COST_PER_MESSAGE)
    let most = (Int(MSG_MOST_CREDIT) + cost - 1) / cost
    #expect(Self.takeAll(1000, &meter) == most)
    #expect(msg_receive_budget_allowance(&meter, 1, 0) == 0 && msg_receive_budget_delay(&meter, 0) > 0)
  }

  @Test func creditGrowsWithTimeAndNoFurtherThanAtTheStart() {
    var meter = Self.started()
    let most = Self.takeAll(1000, &meter)
    let delay = msg_receive_budget_delay(&meter, 0)
    #expect(msg_receive_budget_delay(&meter, delay) == 0)
    let inASecond = Self.takeAll(1000, &meter, at: Self.second)
    #expect((50...52).contains(inASecond), "\(inASecond) messages of 1280 for 65536 bytes")
    #expect(Self.takeAll(1000, &meter, at: .max / 2) == most)
  }

  @Test func creditGrowsWithWhatIsSent() {
    var meter = Self.started()
    _ = Self.takeAll(1000, &meter)
    msg_receive_budget_sent(&meter, 3200)
    #expect((9...11).contains(Self.takeAll(1000, &meter)))
    msg_receive_budget_sent(&meter, .max / 8)
    #expect(Self.takeAll(1000, &meter) <= Int(MSG_MOST_CREDIT) / 1280 + 1)
  }

  @Test func messageThatHasBegunIsLetThrough() {
    var meter = Self.started()
    _ = Self.takeAll(0, &meter)
    msg_receive_budget_sent(&meter, 100)
    #expect(msg_receive_budget_read(&meter, Self.header(body: 60_000), Self.headerLength) == MSG_BUDGET_GOOD)
    #expect(msg_receive_budget_allowance(&meter, .max, 0) == 60_008 && msg_receive_budget_delay(&meter, 0) == 0)
  }
}
