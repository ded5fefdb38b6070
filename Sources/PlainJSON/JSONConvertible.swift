/// What is written as JSON, and read back.
public protocol JSONConvertible {
  /// Reads a value.
  ///
  /// - Throws: a ``JSONError`` that names the member that doesn't fit.
  init(_ value: JSONValue) throws(JSONError)

  /// The value.
  var json: JSONValue { get }
}

extension JSONConvertible {
  /// Reads a text.
  ///
  /// - Throws: a ``JSONError`` with what doesn't fit.
  public init(jsonText: some Sequence<UInt8>) throws(JSONError) { try self.init(JSONReader.read(jsonText)) }

  /// The value as ``JSONValue/line`` writes it.
  public var jsonText: [UInt8] { json.line }
}

extension JSONValue {
  /// Reads a member that must be there.
  ///
  /// - Parameters:
  ///   - key: its name.
  ///   - read: reads it; `nil` if it is something else.
  /// - Returns: what was read.
  /// - Throws: a ``JSONError`` that names it.
  public func member<Value>(
    _ key: String, _ read: (JSONValue) throws(JSONError) -> Value?
  ) throws(JSONError) -> Value {
    guard let value = try optionalMember(key, read) else { throw JSONError("'\(key)' is missing") }
    return value
  }

  /// Reads a member that may be missing.
  ///
  /// - Parameters:
  ///   - key: its name.
  ///   - read: reads it; `nil` if it is something else.
  /// - Returns: what was read; `nil` if it is missing.
  /// - Throws: a ``JSONError`` that names it if it is something else.
  public func optionalMember<Value>(
    _ key: String, _ read: (JSONValue) throws(JSONError) -> Value?
  ) throws(JSONError) -> Value? {
    guard let member = self[key] else { return nil }
    let value: Value?
    do throws(JSONError) { value = try read(member) } catch { throw JSONError("'\(key)': \(error)") }
    guard let value else { throw JSONError("'\(key)' doesn't take this value") }
    return value
  }

  /// Reads a member of many values that may be missing.
  ///
  /// - Parameters:
  ///   - key: its name.
  ///   - read: reads one of them.
  /// - Returns: what was read; nothing if it is missing.
  /// - Throws: a ``JSONError`` that names it if it is something else.
  public func elements<Value>(
    _ key: String, _ read: (JSONValue) throws(JSONError) -> Value
  ) throws(JSONError) -> [Value] {
    var elements: [Value] = []
    for element in try optionalMember(key, \.array) ?? [] {
      do throws(JSONError) { elements.append(try read(element)) } catch { throw JSONError("'\(key)': \(error)") }
    }
    return elements
  }
}
