import MessengerClient

/// Checks whether the bus's policy lets the caller call msgd.
struct PolicyCheck: Check {
  static let name = "bus policy"

  /// Where the policy's file may be: dbus-daemon(1), `<standard_system_servicedirs/>` and their kin.
  static let files = ["/usr/share/dbus-1/system.d", "/etc/dbus-1/system.d"].map { "\($0)/org.msgd.Messenger1.conf" }

  /// The result of a call to msgd. Nil if msgd doesn't run.
  var call: BusAnswer<Void>?
  /// Whether one of the files exists. Nil if that can't be seen, as on another machine, or msg isn't installed.
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
