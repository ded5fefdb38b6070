import CDBus
import MessengerContract

/// The values of the contract in libdbus's messages.

extension ArgumentWriter {
  /// Appends the fields that say something, as entries of an array of `{sv}`.
  mutating func fields(_ content: some ContractFields) throws {
    for (key, value) in content.fields { try entry(key.rawValue, key.type.rawValue) { try $0.append(value) } }
  }

  private mutating func append(_ value: ContractValue) throws {
    switch value {
    case .string(let text): try string(text)
    case .uint32(let number): try uint32(number)
    case .uint64(let number): try uint64(number)
    case .double(let number): try double(number)
    case .boolean(let flag): try boolean(flag)
    case .uint32s(let numbers): try array(of: "u") { array in for number in numbers { try array.uint32(number) } }
    case .strings(let texts): try array(of: "s") { array in for text in texts { try array.string(text) } }
    case .replies(let replies):
      try array(of: "(ss)") { array in
        for reply in replies {
          try array.container(CDBUS_TYPE_STRUCT, nil) { fields in
            try fields.string(reply.key)
            try fields.string(reply.label)
          }
        }
      }
    }
  }
}

extension ArgumentReader {
  /// Takes an `a{sv}` into something's fields. Unknown keys are passed over: a later service may tell more.
  mutating func fields<Content: ContractFields>(into content: inout Content) throws {
    try dictionary { name, value in
      guard let key = Content.Key(rawValue: name) else { return value.skipRest() }
      guard content.set(key, to: try value.value(of: key.type)) else {
        throw ClientError.malformedAnswer("'\(name)' has a value that it can't have")
      }
    }
  }

  private mutating func value(of type: ContractType) throws -> ContractValue {
    switch type {
    case .string: .string(try string())
    case .uint32: .uint32(try uint32())
    case .uint64: .uint64(try uint64())
    case .uint32s: .uint32s(try array { try $0.uint32() })
    case .double: .double(try double())
    case .boolean: .boolean(try boolean())
    case .strings: .strings(try array { try $0.string() })
    case .replies: .replies(try array { try $0.structure { Reply(key: try $0.string(), label: try $0.string()) } })
    }
  }
}

extension BusMessage {
  /// Reads a message's id and its deliveries, `ta(ssusa{sv})`: the answer to `Send`, and `DeliveriesChanged`.
  func deliveries() throws -> (id: UInt64, deliveries: [Delivery]) {
    try read { arguments in (try arguments.uint64(), try arguments.array { try Delivery(from: &$0) }) }
  }
}

extension Delivery {
  /// Takes a structure ``signature``.
  init(from reader: inout ArgumentReader) throws {
    self = try reader.structure { fields in
      var delivery = Delivery(
        sessionID: try fields.string(), userName: try fields.string(), uid: try fields.uint32(),
        state: try DeliveryState(from: &fields))
      try fields.fields(into: &delivery.details)
      return delivery
    }
  }
}

extension DeliveryState {
  /// Takes a string that must be a state of the contract.
  init(from reader: inout ArgumentReader) throws {
    let name = try reader.string()
    guard let state = DeliveryState(rawValue: name) else {
      throw ClientError.malformedAnswer("unknown state '\(name)'")
    }
    self = state
  }
}

extension HeldMessage {
  /// Takes a structure ``signature``.
  init(from reader: inout ArgumentReader) throws {
    self = try reader.structure { fields in
      HeldMessage(
        id: try fields.uint64(), sender: try fields.string(), senderUID: try fields.uint32(),
        recipient: try fields.string(), until: try fields.uint64())
    }
  }
}

extension Session {
  /// Takes a structure ``signature``.
  init(from reader: inout ArgumentReader) throws {
    self = try reader.structure { fields in
      var session = Session(
        id: try fields.string(), uid: try fields.uint32(), userName: try fields.string(), name: try fields.string(),
        state: try fields.string())
      try fields.fields(into: &session)
      return session
    }
  }
}
