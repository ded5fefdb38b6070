internal import DurableFiles

/// The id under which the broker keeps the agent's session. A broker gives the session, and with some settings what
/// waits in it, to whoever comes with its id, so it is a secret: made by chance, and kept in the state folder.
enum ClientID {
  private static let file = "client-id"
  /// How many hexadecimal digits it has: 128 bits.
  private static let length = 32

  /// Reads the id, or makes it.
  ///
  /// - Parameter path: the state folder.
  /// - Returns: the id.
  /// - Throws: a `MessengerError` if it can't be kept.
  static func read(in path: String) throws -> String {
    let folder = DurableFolder(path: path, program: "msg-relay")
    if let bytes = try? folder.read(file, upTo: length), isValid(bytes) {
      return String(decoding: bytes, as: UTF8.self)
    }
    var random = SystemRandomNumberGenerator()
    let id = (0..<length).map { _ in String(Int.random(in: 0..<16, using: &random), radix: 16) }.joined()
    try folder.write(Array(id.utf8), to: file)
    return id
  }

  private static func isValid(_ bytes: [UInt8]) -> Bool {
    bytes.count == length && bytes.allSatisfy { "0123456789abcdef".utf8.contains($0) }
  }
}
