import Testing

@testable import MessengerService

@Suite struct EndedMessagesTests {
  @Test func eachUsersOldestIsOneTooMany() {
    var ended = EndedMessages(most: 2)
    #expect(ended.add(1, of: 7) == nil && ended.add(2, of: 7) == nil && ended.add(3, of: 8) == nil)
    #expect(ended.add(4, of: 7) == 1)
  }

  @Test func whatIsForgottenCountsNoMore() {
    var ended = EndedMessages(most: 1)
    _ = ended.add(1, of: 7)
    ended.remove(1, of: 7)
    #expect(ended.add(2, of: 7) == nil)
    #expect(ended.add(3, of: 7) == 2)
    ended.remove(2, of: 7)
    #expect(ended.add(4, of: 7) == 3)
  }
}
