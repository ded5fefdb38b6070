extension Unicode.Scalar {
  /// Whether it is a control character or ends a line.
  var isSteering: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
