import MessengerClient

/// Checks, for `--doctor`, whether the files of fleets can be read, and whether a host that can't be reached was meant
/// for a fleet. Nothing is said where all is well: most machines have no fleets.
struct FleetsCheck {
  private static let name = "fleets"

  /// What is to be said: nothing, or one finding.
  private(set) var findings: [Finding] = []

  /// - Parameters:
  ///   - host: the machine that was checked. Nil is this one.
  ///   - found: what was found there.
  ///   - surroundings: has the files.
  init(of host: RemoteHost?, after found: [Finding], in surroundings: Surroundings) {
    do {
      let fleets = try FleetNames.read(in: surroundings)
      if let host {
        let isLost = found.contains { $0.check == BusCheck.name && $0.state == .wrong }
        if isLost, let remark = fleets.remark(on: host.description) {
          findings = [Finding(check: Self.name, state: .note, text: remark)]
        }
      } else if !fleets.closedFiles.isEmpty {
        findings = [
          Finding(
            check: Self.name, state: .note,
            text: "you can't read \(fleets.closedFiles.joined(separator: " and ")), nor send to a fleet in it",
            fixes: fleets.closedFiles.map { path in
              let folder = path[..<(path.lastIndex(of: "/") ?? path.endIndex)]
              return surroundings.fileExists(path) ? "sudo chmod a+r \(path)" : "sudo chmod a+rx \(folder)"
            })
        ]
      }
    } catch {
      let reason = (error as? InputError)?.reason ?? "\(error)"
      findings = [Finding(check: Self.name, state: .wrong, text: reason)]
    }
  }
}
