internal import GBus

/// What came of asking polkit whether somebody may do something.
enum PolkitAnswer: Sendable, Hashable {
  case yes
  case no
  /// Somebody would have to authenticate, and nobody was asked: the call doesn't allow it, or no agent is there.
  case unasked
  /// As many dialogues are open as may be.
  case crowded
  /// Somebody was asked and chose not to authenticate.
  case dismissed
  /// Somebody was asked and gave no valid password.
  case failed
  /// Somebody was asked and did not answer, or the caller or the service left meanwhile.
  case unanswered
  /// There is no polkit on this machine, or it can't be started.
  case absent
  /// polkit did not decide, and this says why.
  case trouble(String)

  /// What the answer of `CheckAuthorization` to a question without a dialogue means.
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

  /// What it means where somebody was asked to authenticate first, which polkit had wanted for a yes.
  init(afterDialogue answer: [Value]) {
    self.init(answer)
    // polkit tells a failed authentication from a plain no only where it would have kept it.
    if self == .no { self = .failed }
  }

  /// What an error means that came instead of an answer.
  init(_ error: any Error) {
    switch error {
    case BusError.remote(let name, _) where Self.isAbsence(name): self = .absent
    case BusError.remote(_, let message): self = .trouble(message)
    case BusError.timedOut: self = .trouble("it does not answer")
    default: self = .trouble("\(error)")
    }
  }

  /// The bus's errors for a service that isn't there and can't be started, and systemd's for a unit that is masked or
  /// missing.
  private static func isAbsence(_ name: String) -> Bool {
    let names = ["ServiceUnknown", "NameHasNoOwner"].map { "org.freedesktop.DBus.Error." + $0 }
    let prefixes = ["org.freedesktop.DBus.Error.Spawn.", "org.freedesktop.systemd1."]
    return names.contains(name) || prefixes.contains(where: name.hasPrefix)
  }
}
