import Glibc

/// Standard output. It remembers whether a write failed.
final class StandardOutput {
  /// Writes all of a text. Returns the error number if that failed, else 0.
  private let write: (String) -> Int32
  /// The first error, or 0. After an error nothing more is written, because output with a gap misleads.
  private var error: Int32 = 0

  /// What was done by then, such as "the message was sent". The complaint says so.
  var done: String?

  init(_ write: @escaping (String) -> Int32) { self.write = write }

  /// Writes a text.
  func put(_ text: String) {
    if error == 0 { error = write(text) }
  }

  /// The error's text. Nil if there was no error. `""` if the reader has closed the pipe because it has read enough
  /// (`msg --sessions | head -n 1`).
  var complaint: String? {
    guard error != 0 else { return nil }
    guard error != EPIPE else { return "" }
    return "can't write to standard output: \(String(cString: strerror(error)))" + (done.map { "; \($0)" } ?? "")
  }
}
