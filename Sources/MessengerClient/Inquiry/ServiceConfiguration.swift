/// What the service says of its configuration file.
package struct ServiceConfiguration: Sendable, Equatable {
  /// The file's path.
  package let file: String
  /// Whether it has other settings than those in force, for it was written since the service started.
  package let isOther: Bool
  /// What in the file is wrong, with the number of the line and what is in force instead.
  package let problems: [String]

  /// What a service would say.
  package init(file: String, isOther: Bool = false, problems: [String] = []) {
    self.file = file
    self.isOther = isOther
    self.problems = problems
  }
}
