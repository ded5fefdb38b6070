internal import Glibc

/// A program's environment, limited to the variables that are used here.
///
/// A user can give an environment tens of thousands of variables, which would cost time on the main loop. So it is
/// searched once, up to a number of variables, and nothing is made of those that aren't used. If a variable occurs more
/// than once, the first counts, as it does for getenv(3).
struct EnvironmentBlock {
  /// How many variables are searched. A desktop's programs have a hundred.
  static let mostVariables = 1000

  private static let names = SessionEnvironment.known.map { Array("\($0)=".utf8) }

  private let bytes: ArraySlice<UInt8>
  /// The positions of the values, in the order of `names`, as offsets from the first byte.
  private let places: [Range<Int>?]

  /// Takes an environment in the format of `/proc/PID/environ`.
  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    places = bytes.withUnsafeBytes(Self.places)
  }

  private static func places(in bytes: UnsafeRawBufferPointer) -> [Range<Int>?] {
    let names = names
    var places = [Range<Int>?](repeating: nil, count: names.count)
    guard let first = bytes.baseAddress else { return places }
    var (start, count) = (0, 0)
    while start < bytes.count, count < mostVariables {
      var end = start
      while end < bytes.count, bytes[end] != 0 { end += 1 }
      let index = names.firstIndex { end - start >= $0.count && memcmp(first + start, $0, $0.count) == 0 }
      if let index, places[index] == nil { places[index] = start + names[index].count..<end }
      start = end + 1
      count += 1
    }
    return places
  }

  /// Whether a variable exists and is not empty.
  func has(_ name: String) -> Bool { value(of: name)?.isEmpty == false }

  /// Returns a variable's value; `nil` if it doesn't exist, or is longer than a number of bytes.
  func text(of name: String, atMost length: Int) -> String? {
    guard let value = value(of: name), value.count <= length else { return nil }
    return String(decoding: value, as: UTF8.self)
  }

  private func value(of name: String) -> ArraySlice<UInt8>? {
    guard let index = SessionEnvironment.known.firstIndex(of: name), let place = places[index] else { return nil }
    return bytes[bytes.startIndex + place.lowerBound..<bytes.startIndex + place.upperBound]
  }
}
