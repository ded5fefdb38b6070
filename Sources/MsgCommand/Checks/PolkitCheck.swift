import MessengerClient
import MessengerContract

/// Checks whether polkit runs and knows msgd's actions, and what it allows the caller.
struct PolkitCheck: Check {
  static let name = "polkit"

  /// The actions that sending needs, and the recipients that each allows.
  static let targets: KeyValuePairs = [
    PolkitAction.sendUser.rawValue: "another user", PolkitAction.broadcast.rawValue: "several or everyone",
  ]
  /// All of msgd's actions.
  static let actions = PolkitAction.allCases.map(\.rawValue)

  /// Whether the caller is root. msgd never asks polkit about root.
  var isRoot = false
  /// Whether it runs, or the bus knows how to start it.
  var isInstalled = true
  /// The actions that it knows.
  var known: BusAnswer<[String]> = .success(actions)
  /// Its state from systemd, if it can't be asked.
  var unit = Unit(name: "polkit")
  /// Its decisions about the caller, by action.
  var answers: [String: BusAnswer<BusInquiry.Authorization>] = [:]

  var finding: Finding {
    guard isInstalled else { return missing }
    switch known {
    case .failure(let failure):
      return wrong(
        "it can't be asked", because: unit.reasons(failure) + [Self.consequence], fix: unit.fixes)
    case .success(let known):
      let unknown = Self.actions.filter { !known.contains($0) }
      guard unknown.isEmpty else { return misses(unknown) }
      return isRoot ? ok("root may message everyone, and polkit decides for others") : permissions
    }
  }

  private static let consequence = "without it nobody but root may message others"

  private var missing: Finding {
    let fix = ["install polkit; on Debian: sudo apt-get install polkitd"]
    return isRoot
      ? note("it is not installed", because: [Self.consequence], fix: fix)
      : wrong("it is not installed", because: [Self.consequence], fix: fix)
  }

  private func misses(_ actions: [String]) -> Finding {
    wrong(
      "it does not know \(actions.joined(separator: ", "))",
      because: ["/usr/share/polkit-1/actions/org.msgd.policy is missing, cannot be read or is an old one"],
      fix: ["install msg again, then: sudo systemctl restart polkit"])
  }

  private var permissions: Finding {
    if let failure = answers.values.lazy.compactMap(\.failure).first {
      return wrong("it does not say what you may", because: [failure.text], fix: unit.fixes)
    }
    let words = Self.targets.map { action, target in "\(target): \(Self.word(answers[action]?.success))" }
    return ok("messages to \(words.joined(separator: "; to "))")
  }

  private static func word(_ answer: BusInquiry.Authorization?) -> String {
    switch answer {
    case .yes: "allowed"
    case .withPassword: "with an administrator's password"
    case .no, nil: "refused"
    }
  }
}
