internal import GBus
internal import MessengerContract

/// Translates the contract's values to and from GVariant's.

extension Value {
  /// Translates a value of an option or a detail.
  init(_ value: ContractValue) {
    switch value {
    case .string(let text): self = .string(text)
    case .uint32(let number): self = .uint32(number)
    case .uint64(let number): self = .uint64(number)
    case .double(let number): self = .double(number)
    case .boolean(let flag): self = .boolean(flag)
    case .uint32s(let numbers): self = .array(of: "u", numbers.map(Value.uint32))
    case .strings(let texts): self = .strings(texts)
    case .replies(let replies):
      self = .array(of: "(ss)", replies.map { .structure([.string($0.key), .string($0.label)]) })
    }
  }

  /// Makes an `a{sv}` of the fields that have a value.
  init(fields content: some ContractFields) {
    self = .dictionary(Dictionary(uniqueKeysWithValues: content.fields.map { ($0.key.rawValue, Value($0.value)) }))
  }

  /// Translates a delivery.
  init(_ delivery: Delivery) {
    self = .structure([
      .string(delivery.sessionID), .string(delivery.userName), .uint32(delivery.uid), .string(delivery.state.rawValue),
      Value(fields: delivery.details),
    ])
  }

  /// Translates a held message.
  init(_ message: HeldMessage) {
    self = .structure([
      .uint64(message.id), .string(message.sender), .uint32(message.senderUID), .string(message.recipient),
      .uint64(message.until),
    ])
  }

  /// Translates a session.
  init(_ session: Session) {
    self = .structure([
      .string(session.id), .uint32(session.uid), .string(session.userName), .string(session.name),
      .string(session.state), Value(fields: session),
    ])
  }
}

extension ContractValue {
  /// Translates a received value; `nil` if it has another type.
  init?(_ value: Value, as type: ContractType) {
    switch (type, value) {
    case (.string, .string(let text)): self = .string(text)
    case (.uint32, .uint32(let number)): self = .uint32(number)
    case (.uint64, .uint64(let number)): self = .uint64(number)
    case (.uint32s, .array("u", let elements)): self = .uint32s(elements.compactMap(\.uint32))
    case (.double, .double(let number)): self = .double(number)
    case (.boolean, .boolean(let flag)): self = .boolean(flag)
    case (.strings, let value):
      guard let texts = value.strings else { return nil }
      self = .strings(texts)
    case (.replies, .array("(ss)", let elements)):
      self = .replies(
        elements.compactMap(\.members).map { Reply(key: $0[0].string ?? "", label: $0[1].string ?? "") })
    default: return nil
    }
  }
}
