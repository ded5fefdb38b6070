import PlainJSON

@testable import MsgCommand

/// What msg-fleet says, with a machine's receipt in it: a line of JSON. Reading it twice gives the same, white space
/// around it changes nothing, and half of it is none.
func fuzzJSON(_ input: Input) {
  let bytes = input.bytes
  guard let value = try? JSONReader.read(bytes) else {
    require((try? FleetEvent(bytes)) == nil, "an event that is no JSON")
    return
  }
  let padded = [0x20, 0x0A] + bytes + [0x09, 0x0D]
  require((try? JSONReader.read(padded)) == value, "white space changes it")
  if value.object != nil || value.array != nil || value.text != nil {
    let end = bytes.lastIndex { ![0x20, 0x0A, 0x09, 0x0D].contains($0) } ?? 0
    require((try? JSONReader.read(bytes[..<end])) == nil, "a part of it is JSON")
  }
  _ = try? FleetEvent(bytes)
}
