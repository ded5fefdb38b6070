internal import Glibc

/// What a service's program prints when somebody starts it by hand, and the statuses with which it ends.
public struct ServiceProgram: Sendable {
  private let name: String

  /// `EX_UNAVAILABLE` of `sysexits.h`.
  public static let unavailable: Int32 = 69
  /// `EX_USAGE` of `sysexits.h`.
  private static let usage: Int32 = 64
  /// `EX_IOERR` of `sysexits.h`.
  private static let cantWrite: Int32 = 74

  /// Makes a program of this name.
  public init(_ name: String) { self.name = name }

  /// Writes all of a text to standard output, or ends with an error.
  public func say(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        fail("can't write to standard output: \(String(cString: strerror(errno)))", status: Self.cantWrite)
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Ends because an option is wrong.
  public func refuse(_ error: OptionError) -> Never {
    fail("\(error)\nRun '\(name) --help' for the options.", status: Self.usage)
  }

  /// Ends with an error.
  public func fail(_ reason: String, status: Int32 = 1) -> Never {
    let text = "\(name): \(reason)\n"
    write(STDERR_FILENO, text, text.utf8.count)
    exit(status)
  }
}
