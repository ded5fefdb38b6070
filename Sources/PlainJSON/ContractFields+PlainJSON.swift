public import MessengerContract

extension ContractFields {
  /// Sets the fields that a JSON object has, with the keys that they have on D-Bus.
  ///
  /// - Parameters:
  ///   - members: the object.
  ///   - skipsUnknown: whether an unknown key is skipped, such as one of a newer version. Otherwise it is an error.
  /// - Throws: a ``JSONError`` that names the key which is unknown, or whose value doesn't fit.
  public mutating func read(_ members: [String: JSONValue], skipsUnknown: Bool = true) throws(JSONError) {
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      guard let key = Key(rawValue: name) else {
        if skipsUnknown { continue }
        throw JSONError("there is no option '\(name)'")
      }
      guard let value = ContractValue(key.type, value), set(key, to: value) else {
        throw JSONError("'\(name)' doesn't take this value")
      }
    }
  }

  /// The fields that have a value, as a JSON object with the keys that they have on D-Bus.
  public var jsonFields: JSONValue {
    .object(Dictionary(uniqueKeysWithValues: fields.map { ($0.key.rawValue, $0.value.json) }))
  }
}

extension ContractValue {
  fileprivate var json: JSONValue {
    switch self {
    case .string(let text): .text(text)
    case .uint32(let number): .integer(Int64(number))
    // No time and no number that is in use is larger.
    case .uint64(let number): .integer(Int64(clamping: number))
    case .double(let number): .decimal(number)
    case .boolean(let flag): .boolean(flag)
    case .strings(let texts): .array(texts.map { .text($0) })
    case .uint32s(let numbers): .array(numbers.map { .integer(Int64($0)) })
    case .replies(let replies): .array(replies.map { .array([.text($0.key), .text($0.label)]) })
    }
  }

  fileprivate init?(_ type: ContractType, _ value: JSONValue) {
    switch (type, value) {
    case (.string, .text(let text)): self = .string(text)
    case (.boolean, .boolean(let flag)): self = .boolean(flag)
    case (.double, .decimal(let number)): self = .double(number)
    case (.double, .integer(let number)): self = .double(Double(number))
    case (.uint32, .integer(let number)):
      guard let number = UInt32(exactly: number) else { return nil }
      self = .uint32(number)
    case (.uint64, .integer(let number)):
      guard let number = UInt64(exactly: number) else { return nil }
      self = .uint64(number)
    case (.strings, .array):
      guard let texts = value.texts else { return nil }
      self = .strings(texts)
    case (.uint32s, .array(let elements)):
      let numbers = elements.compactMap { $0.integer.flatMap(UInt32.init(exactly:)) }
      guard numbers.count == elements.count else { return nil }
      self = .uint32s(numbers)
    case (.replies, .array(let elements)):
      let pairs = elements.compactMap { $0.array?.compactMap(\.text) }
      guard pairs.count == elements.count, pairs.allSatisfy({ $0.count == 2 }) else { return nil }
      self = .replies(pairs.map { Reply(key: $0[0], label: $0[1]) })
    default: return nil
    }
  }
}

extension Delivery: JSONConvertible {
  /// Reads a delivery, an array in the order that it has on D-Bus.
  ///
  /// - Throws: a ``JSONError`` if it is something else.
  public init(_ value: JSONValue) throws(JSONError) {
    guard let parts = value.array, parts.count == 5, let session = parts[0].text, let user = parts[1].text,
      let uid = parts[2].integer.flatMap(UInt32.init(exactly:)), let details = parts[4].object
    else { throw JSONError("not a delivery") }
    guard let state = parts[3].text.flatMap(DeliveryState.init(rawValue:)) else {
      throw JSONError("a delivery in an unknown state")
    }
    var read = DeliveryDetails()
    try read.read(details)
    self.init(sessionID: session, userName: user, uid: uid, state: state, details: read)
  }

  /// The delivery, an array in the order that it has on D-Bus.
  public var json: JSONValue {
    .array([.text(sessionID), .text(userName), .integer(Int64(uid)), .text(state.rawValue), details.jsonFields])
  }
}

extension Session: JSONConvertible {
  /// Reads a session, an array in the order that it has on D-Bus.
  ///
  /// - Throws: a ``JSONError`` if it is something else.
  public init(_ value: JSONValue) throws(JSONError) {
    guard let parts = value.array, parts.count == 6, let id = parts[0].text,
      let uid = parts[1].integer.flatMap(UInt32.init(exactly:)), let user = parts[2].text, let name = parts[3].text,
      let state = parts[4].text, let details = parts[5].object
    else { throw JSONError("not a session") }
    self.init(id: id, uid: uid, userName: user, name: name, state: state)
    try read(details)
  }

  /// The session, an array in the order that it has on D-Bus.
  public var json: JSONValue {
    .array([.text(id), .integer(Int64(uid)), .text(userName), .text(name), .text(state), jsonFields])
  }
}
