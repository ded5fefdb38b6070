import Glibc

/// A system call's failure.
package struct SystemError: Error, CustomStringConvertible {
  package let description: String

  /// The failure of a call that has just set `errno`, or that returned this number.
  package init(_ call: String, _ number: Int32 = errno) {
    description = "\(call): \(String(cString: strerror(number)))"
  }
}
