import FleetContract
import MQTT
import MessengerContract
import Testing

@testable import RelayService

@Suite struct AdmissionTests {
  private let admission = Sample.admission

  @Test func aMessageCounts() throws {
    let message = Sample.message()
    let (read, original) = try admission.read(Sample.packet(message))
    #expect(read == Sample.envelope(of: message))
    #expect(original.signature == "signature" && original.topic == "msg/1/fleet/office/helpdesk")
    #expect(admission.refusal(of: message, at: Sample.now) == nil)
  }

  @Test(arguments: [
    "msg/1/fleet/office/other", "msg/1/fleet/home/helpdesk", "msg/1/machine/pc7/helpdesk", "msg/1/presence/pc7",
    "msg/2/fleet/office/helpdesk", "", "msg/1/receipt/helpdesk/01890000-0000-7000-8000-000000000000/pc7",
  ]) func anotherTopicDoesNot(_ topic: String) throws {
    let packet = try Sample.packet(Sample.message(), topic: topic)
    #expect(throws: Admission.Rejection.self) { try admission.read(packet) }
  }

  @Test func anotherMachineDoesNot() throws {
    let other = try Sample.packet(Sample.message(machine: FleetName("pc8")))
    #expect(throws: Admission.Rejection(description: "it is for the machine pc8")) { try admission.read(other) }
    let own = try Sample.packet(Sample.message(machine: Sample.pc7))
    #expect(try admission.read(own).0.machine == Sample.pc7)
  }

  @Test func aFleetOfOthersDoesNot() throws {
    let home = Sample.name("home")
    let packet = try Sample.packet(Sample.message(fleet: home))
    #expect(throws: Admission.Rejection.self) { try admission.read(packet) }
    // Nor to this machine alone: senders of other fleets would fill its memory of ids.
    let direct = try Sample.packet(Sample.message(fleet: home, machine: Sample.pc7))
    #expect(throws: Admission.Rejection.self) { try admission.read(direct) }
    #expect(admission.refusal(of: Sample.message(fleet: home), at: Sample.now)?.code == .notAuthorized)
  }

  /// A machine that is enrolled later would get it after its withdrawal.
  @Test func whatTheBrokerRetainsDoesNot() throws {
    let packet = try Sample.packet(Sample.message())
    let retained = IncomingMessage(
      topic: packet.topic, payload: packet.payload, isRetained: true, properties: packet.properties)
    #expect(throws: Admission.Rejection(description: "it is retained")) { try admission.read(retained) }
  }

  @Test(arguments: ["", "{", "[]", "null", #"{"v":2}"#, "\u{0}"]) func nonsenseDoesNot(_ payload: String) {
    let packet = IncomingMessage(
      topic: "msg/1/fleet/office/helpdesk", payload: Array(payload.utf8), isRetained: false, properties: [:])
    #expect(throws: Admission.Rejection.self) { try admission.read(packet) }
  }

  @Test func tooMuchDoesNot() throws {
    let topic = "msg/1/fleet/office/helpdesk"
    let large = IncomingMessage(
      topic: topic, payload: [UInt8](repeating: 32, count: Admission.largestPayload + 1), isRetained: false,
      properties: [:])
    #expect(throws: Admission.Rejection.self) { try admission.read(large) }
    let signed = try Sample.packet(Sample.message(), signature: String(repeating: "x", count: Signature.longest + 1))
    #expect(throws: Admission.Rejection.self) { try admission.read(signed) }
  }

  @Test(arguments: [(Int64.min, Int64.max), (Int64(0), Int64.max), (Int64(-1), Int64(60)), (Int64.max, Int64(0))])
  func timesWithWhichNobodyCanCalculateDoNot(_ sent: Int64, _ expires: Int64) throws {
    let packet = try Sample.packet(Sample.message(sent: sent, expires: expires))
    #expect(throws: Admission.Rejection.self) { try admission.read(packet) }
  }

  @Test func timesDecide() {
    func code(sent: Int64, expires: Int64) -> MessengerErrorCode? {
      admission.refusal(of: Sample.message(sent: Sample.now + sent, expires: Sample.now + expires), at: Sample.now)?
        .code
    }
    #expect(code(sent: -60, expires: 0) == .failed)
    #expect(code(sent: -60, expires: 1) == nil)
    #expect(code(sent: -60, expires: 7 * 86_400) == .invalidArgument)
    #expect(code(sent: -60, expires: 7 * 86_400 - 60) == nil)
    #expect(code(sent: 86_400, expires: 2 * 86_400) == nil)
    #expect(code(sent: 86_401, expires: 2 * 86_400) == .failed)
  }
}

@Suite struct LatenessTests {
  private func options(_ options: SendOptions, left: Int64) -> SendOptions {
    options.delivered(of: Sample.message(expires: Sample.now + left), at: Sample.now)
  }

  @Test func nothingIsLongerThanWhatIsLeft() {
    #expect(options(SendOptions(hold: 600), left: 20).hold == 20)
    #expect(options(SendOptions(hold: 600), left: 1000).hold == 600)
    #expect(options(SendOptions(timeout: 60), left: 20).timeout == 20)
    #expect(options(SendOptions(timeout: 10), left: 20).timeout == 10)
    #expect(options(SendOptions(), left: 20).timeout == 20)
    #expect(options(SendOptions(), left: 600).timeout == nil)
  }

  @Test func aHeldPopupStaysAsLongAsItWould() {
    #expect(options(SendOptions(timeout: 60, hold: 600), left: 20) == SendOptions(timeout: 60, hold: 20))
  }

  @Test func aPopupUntilAnAnswerStays() { #expect(options(SendOptions(timeout: 0), left: 20).timeout == 0) }

  @Test func msgdIsNotWaitedFor() { #expect(!options(SendOptions(wait: true), left: 600).wait) }
}
