/// The state of the service's configuration file, as the service reports it.
package struct ServiceConfiguration: Sendable, Equatable {
  /// The file's path.
  package let file: String
  /// Whether its settings differ from those in force because it was changed since the service started.
  package let isOther: Bool
  /// The mistakes in the file, each with the line's number and the value in force instead.
  package let problems: [String]

  /// A report with these values.
  package init(file: String, isOther: Bool = false, problems: [String] = []) {
    self.file = file
    self.isOther = isOther
    self.problems = problems
  }
}
