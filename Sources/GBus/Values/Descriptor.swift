internal import Glibc

/// An open file descriptor of this process's, which is closed with the last reference to this.
public final class Descriptor: Sendable {
  /// Its number.
  public let number: Int32

  /// Takes over a descriptor.
  public init(taking number: Int32) { self.number = number }

  deinit { close(number) }
}
