import FleetContract
import MQTT
import PlainJSON

@testable import MsgCommand
@testable import RelayService

/// What msg-fleet says, with a machine's receipt in it: a line of JSON. Reading it twice gives the same, white space
/// around it changes nothing, and half of it is none.
func fuzzJSON(_ input: Input) {
  let bytes = input.bytes
  guard let value = try? JSONReader.read(bytes) else {
    require((try? FleetEvent(bytes)) == nil, "an event that is no JSON")
    return
  }
  require((try? JSONReader.read(value.line)) == value, "it is written as something else")
  let padded = [0x20, 0x0A] + bytes + [0x09, 0x0D]
  require((try? JSONReader.read(padded)) == value, "white space changes it")
  if value.object != nil || value.array != nil || value.text != nil {
    let end = bytes.lastIndex { ![0x20, 0x0A, 0x09, 0x0D].contains($0) } ?? 0
    require((try? JSONReader.read(bytes[..<end])) == nil, "a part of it is JSON")
  }
  _ = try? FleetEvent(bytes)
}

/// What comes from the broker for the machine pc7 of the fleet office: a topic, a line break, and a payload. What is
/// let in says that it belongs on its topic, and is on the disk what it was.
func fuzzPacket(_ input: Input) {
  guard let pc7 = FleetName("pc7"), let office = FleetName("office") else { return }
  let parts = input.parts(separatedBy: 0x0A, maxSplits: 1)
  let packet = IncomingMessage(
    topic: String(decoding: parts[0], as: UTF8.self), payload: parts.count > 1 ? parts[1] : [], isRetained: false,
    properties: [:])
  guard let (envelope, original) = try? Admission(machine: pc7, fleets: [office]).read(packet) else { return }
  require(envelope.topic.path == packet.topic && envelope.fleet == office, "it belongs elsewhere")
  let record = MessageRecord(envelope, original, at: 1_800_000_000)
  require((try? MessageRecord(jsonText: record.jsonText)) == record, "its record is another one")
  guard let message = try? FleetMessage(jsonText: packet.payload) else { return }
  require((try? FleetMessage(jsonText: message.jsonText)) == message, "the message is written as another one")
  require(message.id == envelope.id && message.topic == envelope.topic, "the envelope is another message's")
}
