internal import MessengerContract

/// A key as it is written.
private struct PlainKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// The fields of an `a{sv}` as a JSON object, with the keys that they have on D-Bus.
extension ContractFields {
  /// Sets the fields that a JSON object has.
  ///
  /// - Parameters:
  ///   - decoder: the object's decoder.
  ///   - skipsUnknown: whether an unknown key is skipped, such as one of a newer version. Otherwise it is an error.
  /// - Throws: `DecodingError`, which names the key.
  mutating func read(from decoder: any Decoder, skipsUnknown: Bool) throws {
    let values = try decoder.container(keyedBy: PlainKey.self)
    for plain in values.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
      guard let key = Key(rawValue: plain.stringValue) else {
        if skipsUnknown { continue }
        throw DecodingError.dataCorruptedError(
          forKey: plain, in: values, debugDescription: "there is no option '\(plain.stringValue)'")
      }
      guard set(key, to: try ContractValue(key.type, plain, in: values)) else {
        throw DecodingError.dataCorruptedError(
          forKey: plain, in: values, debugDescription: "'\(plain.stringValue)' doesn't take this value")
      }
    }
  }

  /// Writes the fields that have a value.
  func write(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: PlainKey.self)
    for (key, value) in fields {
      let plain = PlainKey(stringValue: key.rawValue)
      switch value {
      case .string(let text): try values.encode(text, forKey: plain)
      case .uint32(let number): try values.encode(number, forKey: plain)
      case .uint64(let number): try values.encode(number, forKey: plain)
      case .double(let number): try values.encode(number, forKey: plain)
      case .boolean(let flag): try values.encode(flag, forKey: plain)
      case .strings(let texts): try values.encode(texts, forKey: plain)
      case .replies(let replies): try values.encode(replies.map { [$0.key, $0.label] }, forKey: plain)
      case .uint32s(let numbers): try values.encode(numbers, forKey: plain)
      }
    }
  }
}

extension ContractValue {
  fileprivate init(_ type: ContractType, _ key: PlainKey, in values: KeyedDecodingContainer<PlainKey>) throws {
    self =
      switch type {
      case .string: .string(try values.decode(String.self, forKey: key))
      case .uint32: .uint32(try values.decode(UInt32.self, forKey: key))
      case .uint64: .uint64(try values.decode(UInt64.self, forKey: key))
      case .double: .double(try values.decode(Double.self, forKey: key))
      case .boolean: .boolean(try values.decode(Bool.self, forKey: key))
      case .strings: .strings(try values.decode([String].self, forKey: key))
      case .uint32s: .uint32s(try values.decode([UInt32].self, forKey: key))
      case .replies:
        .replies(
          try values.decode([[String]].self, forKey: key).map { pair in
            guard pair.count == 2 else {
              throw DecodingError.dataCorruptedError(
                forKey: key, in: values, debugDescription: "a reply is a pair of key and label")
            }
            return Reply(key: pair[0], label: pair[1])
          })
      }
  }
}
