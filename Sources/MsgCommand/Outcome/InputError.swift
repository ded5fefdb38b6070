/// Why nothing is sent, found before the service is asked.
struct InputError: Error, Equatable {
  /// One line that names the culprit.
  let reason: String
  /// Whether the command line itself is wrong, so that the help page helps.
  let isMisuse: Bool

  /// A mistake in the command line.
  static func usage(_ reason: String) -> InputError { InputError(reason: reason, isMisuse: true) }

  /// A message or recipient that is not taken, however well the command line is formed.
  static func content(_ reason: String) -> InputError { InputError(reason: reason, isMisuse: false) }
}
