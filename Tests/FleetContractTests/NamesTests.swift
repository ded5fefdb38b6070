import Testing

@testable import FleetContract

@Suite struct NamesTests {
  private static let id = "018f3c2e-7a10-7b3c-9def-0123456789ab"

  @Test(arguments: ["office", "pc7.example.org", "A-b_c", "7", String(repeating: "a", count: 64)])
  func takesNames(_ text: String) { #expect(FleetName(text)?.description == text) }

  @Test(arguments: [
    "", "+", "#", "a/b", "a+", "-a", ".a", "ä", "a b", "a\n", "$SYS", String(repeating: "a", count: 65),
  ])
  func refusesWhatIsNoName(_ text: String) { #expect(FleetName(text) == nil) }

  @Test func idsHaveTheirTimeAndVersion() throws {
    var random = SystemRandomNumberGenerator()
    let first = MessageID(at: 0x0123_4567_89AB, using: &random)
    let second = MessageID(at: 0x0123_4567_89AB, using: &random)
    #expect(first.description.hasPrefix("01234567-89ab-7"))
    #expect(MessageID(first.description) == first)
    #expect(first != second)
  }

  @Test(arguments: [
    "", "018f3c2e-7a10-4b3c-9def-0123456789ab", "018F3C2E-7A10-7B3C-9DEF-0123456789AB",
    "018f3c2e-7a10-7b3c-cdef-0123456789ab", "018f3c2e-7a10-7b3c-9def-0123456789a/",
    "018f3c2e7a107b3c9def0123456789abcdef",
  ])
  func refusesWhatIsNoID(_ text: String) { #expect(MessageID(text) == nil) }

  @Test func topicsAreReadAsTheyAreWritten() throws {
    let office = try #require(FleetName("office"))
    let sender = try #require(FleetName("helpdesk"))
    let machine = try #require(FleetName("pc7"))
    let id = try #require(MessageID(Self.id))
    let topics: [Topic: String] = [
      .fleet(office, sender: sender): "msg/1/fleet/office/helpdesk",
      .machine(machine, sender: sender): "msg/1/machine/pc7/helpdesk",
      .receipt(sender: sender, id: id, machine: machine): "msg/1/receipt/helpdesk/\(Self.id)/pc7",
      .presence(machine): "msg/1/presence/pc7",
    ]
    for (topic, path) in topics {
      #expect(topic.path == path)
      #expect(Topic(path: path) == topic)
    }
  }

  @Test(arguments: [
    "", "msg/1", "msg/2/presence/pc7", "msg/1/presence", "msg/1/presence/pc7/x", "msg/1/fleet/office",
    "msg/1/other/a/b",
    "msg/1/fleet/office/a b", "msg/1/receipt/a/b/c", "/msg/1/presence/pc7",
  ])
  func refusesOtherTopics(_ path: String) { #expect(Topic(path: path) == nil) }
}
