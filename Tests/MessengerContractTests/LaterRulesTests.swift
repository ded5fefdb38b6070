import MessengerContract
import Testing

struct LaterRulesTests {
  @Test(arguments: [([600, 3600], 0), ([600], 0), ([], 3), ([1], 2), ([604_800, 600], 1)] as [([UInt32], Int)])
  func choicesAreTaken(_ later: [UInt32], _ replies: Int) {
    #expect(LaterRules.fault(in: later, besides: replies) == nil)
  }

  @Test(
    arguments: [
      ([1, 2, 3], 0, "there are 3 times, and at most 2 can have a button beside OK"),
      ([1, 2], 2, "there are 2 times, and at most 1 can have a button beside 2 reply buttons"),
      ([1], 3, "there are 1 times, and at most 0 can have a button beside 3 reply buttons"),
      ([0], 0, "a time is 1 to 604800 seconds, not 0"), ([604_801], 0, "a time is 1 to 604800 seconds, not 604801"),
      ([60, 60], 1, "60 s is there twice"),
    ] as [([UInt32], Int, String)])
  func choicesAreRefused(_ later: [UInt32], _ replies: Int, _ fault: String) {
    #expect(LaterRules.fault(in: later, besides: replies) == fault)
  }
}
