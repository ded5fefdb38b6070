import MessengerClient

/// One check: the facts, and the finding that follows from them.
protocol Check {
  /// The name of the part that is checked.
  static var name: String { get }
  /// The finding.
  var finding: Finding { get }
}

/// An answer, or why there is none.
typealias BusAnswer<Value> = Result<Value, BusError>

extension Check {
  func ok(_ text: String) -> Finding { Finding(check: Self.name, state: .ok, text: text) }

  func note(_ text: String, because reasons: [String] = [], fix: [String] = []) -> Finding {
    Finding(check: Self.name, state: .note, text: text, reasons: reasons, fixes: fix)
  }

  func wrong(_ text: String, because reasons: [String] = [], fix: [String] = []) -> Finding {
    Finding(check: Self.name, state: .wrong, text: text, reasons: reasons, fixes: fix)
  }

  /// - Parameter cause: what has to be fixed first.
  /// - Returns: the finding of a check that could not be made.
  func unknown(_ cause: String) -> Finding {
    Finding(check: Self.name, state: .unknown, text: "not checked: \(cause)")
  }
}

extension Result {
  /// What went wrong, if anything did.
  var failure: Failure? {
    guard case .failure(let failure) = self else { return nil }
    return failure
  }

  /// The answer, if there is one.
  var success: Success? { try? get() }
}

/// A systemd service that doesn't work.
struct Unit: Sendable {
  /// Its name without `.service`.
  let name: String
  /// The unit file's state (`systemctl is-enabled`), such as `masked`. Nil if it is unknown.
  var fileState: String?
  /// The result of its last run (`systemctl show --property=Result`), such as `exit-code`. Nil if it is unknown.
  var result: String?

  /// Whether the administrator has forbidden to start it.
  var isMasked: Bool { fileState?.hasPrefix("masked") ?? false }

  /// The reasons, as far as the bus and systemd know them.
  ///
  /// - Parameter failure: the bus's error.
  /// - Returns: a line for each reason.
  func reasons(_ failure: BusError) -> [String] {
    if isMasked { return ["\(name).service is masked"] }
    guard let result, result != "success" else { return [failure.text] }
    return [failure.text, "\(name).service has failed: \(result)"]
  }

  /// The commands that make it work again.
  var fixes: [String] {
    guard isMasked else {
      return ["systemctl status \(name); journalctl -u \(name)  # say why", "sudo systemctl restart \(name)"]
    }
    return ["sudo systemctl unmask\(fileState == "masked-runtime" ? " --runtime" : "") \(name)"]
  }
}
