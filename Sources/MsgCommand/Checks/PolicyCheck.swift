import MessengerClient

/// Whether the bus's policy lets the caller ask msgd.
struct PolicyCheck: Check {
  static let name = "bus policy"

  /// Where the policy's file may be: dbus-daemon(1), `<standard_system_servicedirs/>` and their kin.
  static let files = ["/usr/share/dbus-1/system.d", "/etc/dbus-1/system.d"].map { "\($0)/org.msgd.Messenger1.conf" }

  /// How a call to msgd ended; nil where it doesn't run.
  var call: BusAnswer<Void>?
  /// Whether one of the files is there; nil where that can't be seen, on another machine, or nobody has installed them.
  var hasFile: Bool?

  var finding: Finding {
    switch call {
    case .success: return ok("lets you ask msgd")
    case .failure(let failure) where failure.isDenial:
      return refusal(because: [failure.text])
    case .failure: return unknown("msgd does not answer")
    case nil where hasFile == false: return refusal(because: [])
    case nil: return unknown("msgd does not run")
    }
  }

  private func refusal(because reasons: [String]) -> Finding {
    guard hasFile == false else {
      return wrong("the bus refuses access to msgd", because: reasons, fix: ["sudo systemctl reload dbus"])
    }
    return wrong(
      "there is none for msgd",
      because: ["neither \(Self.files.joined(separator: " nor ")) is there"] + reasons,
      fix: ["install msg again, then: sudo systemctl reload dbus"])
  }
}
