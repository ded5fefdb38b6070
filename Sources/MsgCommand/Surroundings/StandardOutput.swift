import Glibc

/// Standard output, and whether everything that was written to it has arrived.
final class StandardOutput {
  /// Writes all of a text; the error number where that failed, else 0.
  private let write: (String) -> Int32
  /// The first error; 0 for none. After it nothing more is written: what has a hole in it misleads.
  private var error: Int32 = 0

  /// What has been done meanwhile, such as "the message was sent": said where the output couldn't be written.
  var done: String?

  init(_ write: @escaping (String) -> Int32) { self.write = write }

  /// Writes a text.
  func put(_ text: String) {
    if error == 0 { error = write(text) }
  }

  /// What to say of the first error; nil where there was none, and `""` where nobody reads on, who has then read enough
  /// (`msg --sessions | head -n 1`).
  var complaint: String? {
    guard error != 0 else { return nil }
    guard error != EPIPE else { return "" }
    return "can't write to standard output: \(String(cString: strerror(error)))" + (done.map { "; \($0)" } ?? "")
  }
}
