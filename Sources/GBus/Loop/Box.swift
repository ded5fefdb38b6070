internal import CGIO

/// Carries a Swift value through C's `user_data`.
final class Box<Content> {
  let content: Content

  init(_ content: Content) { self.content = content }

  /// Returns a pointer that keeps the box alive until ``take(_:)`` or ``release``.
  func retainedPointer() -> gpointer { Unmanaged.passRetained(self).toOpaque() }

  /// Returns the content behind the pointer, which stays valid, for callbacks that are called repeatedly.
  static func peek(_ pointer: gpointer?) -> Content? {
    pointer.map { Unmanaged<Box>.fromOpaque($0).takeUnretainedValue().content }
  }

  /// Returns the content behind the pointer, and releases it, for callbacks that are called once.
  static func take(_ pointer: gpointer?) -> Content? {
    pointer.map { Unmanaged<Box>.fromOpaque($0).takeRetainedValue().content }
  }

  /// A `GDestroyNotify` for the pointer.
  static var release: @convention(c) (gpointer?) -> Void {
    { pointer in if let pointer { Unmanaged<AnyObject>.fromOpaque(pointer).release() } }
  }
}
