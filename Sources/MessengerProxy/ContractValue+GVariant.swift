package import GBus
package import MessengerContract

/// Translates the contract's values to and from GVariant's.

extension Value {
  /// Translates a value of an option or a detail.
  package init(_ value: ContractValue) {
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
  package init(fields content: some ContractFields) {
    self = .dictionary(Dictionary(uniqueKeysWithValues: content.fields.map { ($0.key.rawValue, Value($0.value)) }))
  }

  /// Translates a delivery.
  package init(_ delivery: Delivery) {
    self = .structure([
      .string(delivery.sessionID), .string(delivery.userName), .uint32(delivery.uid), .string(delivery.state.rawValue),
      Value(fields: delivery.details),
    ])
  }

  /// Translates a held message.
  package init(_ message: HeldMessage) {
    self = .structure([
      .uint64(message.id), .string(message.sender), .uint32(message.senderUID), .string(message.recipient),
      .uint64(message.until),
    ])
  }

  /// Translates a session.
  package init(_ session: Session) {
    self = .structure([
      .string(session.id), .uint32(session.uid), .string(session.userName), .string(session.name),
      .string(session.state), Value(fields: session),
    ])
  }
}

extension ContractValue {
  /// Translates a received value; `nil` if it has another type.
  package init?(_ value: Value, as type: ContractType) {
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

extension ContractFields {
  /// Takes an `a{sv}`. Unknown keys, and values that a field doesn't accept, are passed over: a later msgd may tell
  /// more.
  mutating func take(_ value: Value) {
    for (name, value) in value.dictionary ?? [:] {
      guard let key = Key(rawValue: name), let value = ContractValue(value, as: key.type) else { continue }
      _ = set(key, to: value)
    }
  }
}

extension Delivery {
  /// Reads an array of deliveries; leaves out what isn't one.
  static func list(_ value: Value?) -> [Delivery] { (value?.elements ?? []).compactMap(Delivery.init) }

  private init?(_ value: Value) {
    guard let members = value.members, members.count == 5, let session = members[0].string,
      let user = members[1].string, let uid = members[2].uint32,
      let state = members[3].string.flatMap(DeliveryState.init)
    else { return nil }
    var details = DeliveryDetails()
    details.take(members[4])
    self.init(sessionID: session, userName: user, uid: uid, state: state, details: details)
  }
}

extension Session {
  /// Reads an array of sessions; leaves out what isn't one.
  static func list(_ value: Value?) -> [Session] { (value?.elements ?? []).compactMap(Session.init) }

  private init?(_ value: Value) {
    guard let members = value.members, members.count == 6, let id = members[0].string, let uid = members[1].uint32,
      let user = members[2].string, let name = members[3].string, let state = members[4].string
    else { return nil }
    self.init(id: id, uid: uid, userName: user, name: name, state: state)
    take(members[5])
  }
}
