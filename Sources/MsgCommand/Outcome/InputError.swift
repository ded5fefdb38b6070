/// A mistake that is found before the service is called. Nothing is sent.
struct InputError: Error, Equatable {
  /// One line that names the culprit.
  let reason: String
  /// Whether the command line itself is wrong. Then the error refers to `--help`.
  let isMisuse: Bool

  /// A mistake in the command line.
  static func usage(_ reason: String) -> InputError { InputError(reason: reason, isMisuse: true) }

  /// A message or recipient that can't be accepted, though the command line is well formed.
  static func content(_ reason: String) -> InputError { InputError(reason: reason, isMisuse: false) }
}
