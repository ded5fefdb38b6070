/// Decodes text from outside.
enum UTF8Text {
  /// Decodes UTF-8 strictly.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - source: the name of the source in the error, such as `standard input`.
  /// - Returns: the text.
  /// - Throws: an ``InputError`` with the position, from 1, of the first byte that is not UTF-8.
  static func decode(_ bytes: [UInt8], source: String) throws -> String {
    guard let position = firstInvalidByte(in: bytes) else { return String(decoding: bytes, as: UTF8.self) }
    throw InputError.content("\(source) is not valid UTF-8 at byte \(position)")
  }

  private static func firstInvalidByte(in bytes: [UInt8]) -> Int? {
    var iterator = bytes.makeIterator()
    var parser = Unicode.UTF8.ForwardParser()
    var position = 1
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar): position += scalar.count
      case .emptyInput: return nil
      case .error: return position
      }
    }
  }
}
