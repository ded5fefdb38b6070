import ArgumentParser

/// The value of `--withdraw`: the id that `--print-id` printed.
enum MessageName: Equatable {
  /// The number of a message on one machine.
  case number(UInt64)
  /// The UUID of a message to a fleet.
  case uuid(String)

  /// Reads a number or, in any case, a UUID.
  ///
  /// - Throws: an error if it is neither.
  init(_ text: String) throws {
    if let number = UInt64(text) {
      self = .number(number)
    } else if text.utf8.count == 36, text.utf8.allSatisfy({ "0123456789abcdefABCDEF-".utf8.contains($0) }) {
      self = .uuid(text.lowercased())
    } else {
      throw ValidationError("An id is what --print-id printed: a number, or a UUID for a message to a fleet.")
    }
  }
}
