import GBus
import Testing

@testable import MessengerService

struct TokenBucketTests {
  private let start = Deadline.now

  @Test func holdsItsBurstAndFillsAtItsRate() {
    var bucket = TokenBucket(perMinute: 60, burst: 3, at: start)
    #expect((0..<3).map { _ in bucket.take(at: start) } == [nil, nil, nil])
    #expect(bucket.take(at: start) == .seconds(1))
    #expect(bucket.take(at: start + .milliseconds(400)) == .milliseconds(600))
    #expect(bucket.take(at: start + .seconds(1)) == nil)
    #expect(bucket.take(at: start + .seconds(1)) == .seconds(1))
  }

  @Test func refusalCostsNothing() {
    var bucket = TokenBucket(perMinute: 6, burst: 1, at: start)
    #expect(bucket.take(at: start) == nil)
    for _ in 0..<1000 { #expect(bucket.take(at: start + .seconds(9)) == .seconds(1)) }
    #expect(bucket.take(at: start + .seconds(10)) == nil)
  }

  @Test func silenceGathersNoMoreThanTheBurst() {
    var bucket = TokenBucket(perMinute: 60, burst: 2, at: start)
    let later = start + .seconds(3600)
    #expect((0..<3).map { _ in bucket.take(at: later) } == [nil, nil, .seconds(1)])
  }

  @Test func isFullAgainWhenAllHasComeBack() {
    var bucket = TokenBucket(perMinute: 60, burst: 5, at: start)
    #expect(bucket.isFull(at: start))
    _ = bucket.take(at: start)
    _ = bucket.take(at: start)
    #expect(!bucket.isFull(at: start + .milliseconds(1999)))
    #expect(bucket.isFull(at: start + .seconds(2)))
  }

  @Test(arguments: [(60_000, 1), (1, 60_000), (600_000, 60_000)] as [(UInt32, UInt32)])
  func extremesCount(_ perMinute: UInt32, _ burst: UInt32) {
    var bucket = TokenBucket(perMinute: perMinute, burst: burst, at: start)
    #expect((0..<burst).allSatisfy { _ in bucket.take(at: start) == nil })
    #expect(bucket.take(at: start) != nil)
    #expect(bucket.take(at: start + .seconds(60)) == nil)
  }
}
