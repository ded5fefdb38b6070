internal import GBus

/// The outcome of asking polkit whether a caller may do something.
enum PolkitAnswer: Sendable, Hashable {
  case yes
  case no
  /// The caller would have to authenticate, but was not asked: the call doesn't allow it, or there is no agent.
  case unasked
  /// The most dialogues are open already.
  case crowded
  /// The caller was asked, and chose not to authenticate.
  case dismissed
  /// The caller was asked, and gave no valid password.
  case failed
  /// The caller was asked and did not answer, or the caller or the service left meanwhile.
  case unanswered
  /// Polkit is not installed, or can't be started.
  case absent
  /// Polkit did not decide, for the reason given here.
  case trouble(String)

  /// Reads the answer of `CheckAuthorization` to a question without a dialogue.
  init(_ answer: [Value]) {
    guard let result = answer.first?.members, result.count == 3, case .boolean(let isAuthorized) = result[0],
      case .boolean(let isChallenge) = result[1], case .array("{ss}", let entries) = result[2]
    else {
      self = .trouble("its answer is not understood")
      return
    }
    let details = Set(entries.compactMap { if case .entry(.string(let key), _) = $0 { key } else { nil } })
    self =
      if isAuthorized {
        .yes
      } else if isChallenge {
        .unasked
      } else if details.contains("polkit.dismissed") {
        .dismissed
      } else {
        .no
      }
  }

  /// Reads the answer after a dialogue, which polkit required before it could say yes.
  init(afterDialogue answer: [Value]) {
    self.init(answer)
    // Polkit distinguishes a failed authentication from a plain no only if it would have kept the authorization.
    if self == .no { self = .failed }
  }

  /// Interprets an error that came instead of an answer.
  init(_ error: any Error) {
    switch error {
    case BusError.remote(let name, _) where Self.isAbsence(name): self = .absent
    case BusError.remote(_, let message): self = .trouble(message)
    case BusError.timedOut: self = .trouble("it does not answer")
    default: self = .trouble("\(error)")
    }
  }

  /// Whether an error's name means that polkit isn't there: the bus's errors for a service that is missing or can't be
  /// started, and systemd's for a unit that is masked or missing.
  private static func isAbsence(_ name: String) -> Bool {
    let names = ["ServiceUnknown", "NameHasNoOwner"].map { "org.freedesktop.DBus.Error." + $0 }
    let prefixes = ["org.freedesktop.DBus.Error.Spawn.", "org.freedesktop.systemd1."]
    return names.contains(name) || prefixes.contains(where: name.hasPrefix)
  }
}
