import MessengerClient

/// Whether msgd's configuration is in force as the administrator wrote it.
struct ConfigurationCheck: Check {
  static let name = "configuration"

  /// msgd's answer. Nil if it can't be asked.
  var answer: BusAnswer<ServiceConfiguration>?

  var finding: Finding {
    switch answer {
    case nil: unknown("msgd can't be asked")
    case .failure(let failure) where failure.isUnknownMethod: unknown("msgd is of a version that does not tell")
    case .failure(let failure):
      wrong("msgd does not tell", because: [failure.text], fix: ["journalctl -u msgd  # says why"])
    case .success(let file): finding(of: file)
    }
  }

  private func finding(of file: ServiceConfiguration) -> Finding {
    let reload = "sudo systemctl reload msgd"
    let age = file.isOther ? ["\(file.file) was changed since msgd started, which has its former settings"] : []
    guard file.problems.isEmpty else {
      return wrong(
        "\(file.file) is not in force as it is written", because: file.problems + age,
        fix: ["edit \(file.file), see msgd.conf(5), then: \(reload)"])
    }
    guard age.isEmpty else { return note("msgd has other settings than its file", because: age, fix: [reload]) }
    return ok("\(file.file) is in force, with the defaults for what it does not set")
  }
}
