/// Checks, for `--doctor`, whether a machine of a fleet would show a message.
struct MachineCheck: Check {
  static let name = "machine"

  /// Its fleet.
  let fleet: FleetTarget
  /// Its name.
  let machineName: String
  /// What the broker knows of it. Nil if it isn't in the answer.
  let machine: FleetMachine?
  /// The time.
  let now: Timestamp

  var finding: Finding {
    guard let machine, let time = machine.time(at: now) else {
      return wrong(
        "\(machineName) has never been seen at the broker",
        fix: [
          "msg --machines \(fleet.fleet)  # lists those that have",
          "msg-fleet-ca machine \(machineName)  # enrols it, at the authority",
        ])
    }
    guard machine.isOnline else {
      return note(
        "\(machineName) is offline, since \(machine.hasLeft ? time : "some time \(time)")",
        fix: ["systemctl status msg-relay  # on \(machineName), if that runs"])
    }
    return ok("\(machineName) is online since \(time)")
  }
}
