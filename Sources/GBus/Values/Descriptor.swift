internal import Glibc

/// An open file descriptor of this process, which is closed with the last reference to it.
public final class Descriptor: Sendable {
  /// The descriptor's number.
  public let number: Int32

  /// Takes over a descriptor.
  public init(taking number: Int32) { self.number = number }

  deinit { close(number) }
}
