import ArgumentParser
import MessengerClient
import MessengerContract

/// The options of `msg` and `query-session` that choose machines.
struct MachineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Use another machine, over ssh: host, user@host or ssh://user@host:port. A fleet of fleets.conf(5) is all its \
      machines, and fleet/machine one of them. Commas separate several.
      """,
      valueName: "host"),
    completion: .custom(Completion.hosts), transform: HostList.init)
  var server: HostList?

  @Option(
    help: ArgumentHelp("Give up on a host that does not answer within this time. (default: 10)", valueName: "seconds"),
    transform: Self.seconds)
  var connectTimeout: UInt32 = 10

  /// The machines and fleets. A fleet takes precedence over a host of its name, which is written `ssh://host` then.
  /// What is no fleet that the user may see is a host.
  ///
  /// - Throws: an ``InputError`` for a machine of a fleet that isn't there, or files of fleets that are damaged.
  func found(in surroundings: Surroundings) throws -> Machines {
    guard let server else { return Machines(connectTimeout: hostTimeout) }
    var machines = Machines(hosts: [], connectTimeout: hostTimeout)
    let fleets = try FleetNames.read(in: surroundings)
    for name in server.names {
      switch name {
      case .machine(let target):
        guard fleets.contains(target.fleet) else {
          throw InputError.usage("'\(target)' is no host, and \(fleets.absence(of: target.fleet))")
        }
        if !machines.fleets.contains(target) { machines.fleets.append(target) }
      case .host(let host) where host.description == host.host && fleets.contains(host.host):
        let target = FleetTarget(fleet: host.host)
        if !machines.fleets.contains(target) { machines.fleets.append(target) }
      case .host(let host):
        let host = ThisMachine.isMeant(by: host) ? nil : host
        if !machines.hosts.contains(host) { machines.hosts.append(host) }
      }
    }
    return machines
  }

  /// How long a machine may take to answer. From `--connect-timeout`.
  var hostTimeout: Duration { .seconds(Int64(connectTimeout)) }

  private static func seconds(_ text: String) throws -> UInt32 {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = UInt32(text), (1...3600).contains(value)
    else {
      throw ValidationError("Seconds are a number from 1 to 3600.")
    }
    return value
  }
}

/// The machines that a command line means, each once.
struct Machines {
  /// Hosts. Nil is this machine.
  var hosts: [RemoteHost?] = [nil]
  /// Fleets, and machines of fleets.
  var fleets: [FleetTarget] = []
  /// How long each may take to answer.
  var connectTimeout: Duration

  /// How many names there are.
  var count: Int { hosts.count + fleets.count }

  /// The machines, for something that works on hosts alone.
  ///
  /// - Throws: an ``InputError`` that names a fleet.
  func withoutFleets(for action: String) throws -> Machines {
    guard let fleet = fleets.first else { return self }
    throw InputError.usage("\(action) doesn't work with a fleet, such as '\(fleet)': name a host")
  }
}

/// The machines that `--server` names.
struct HostList {
  /// A name in the list.
  enum Name: Equatable {
    case host(RemoteHost)
    /// A machine of a fleet.
    case machine(FleetTarget)
  }

  let names: [Name]

  /// Names separated by commas, each once.
  ///
  /// - Throws: an error that names the word that isn't a host.
  init(_ text: String) throws {
    var names: [Name] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      do {
        let name = try Self.name(word)
        if !names.contains(name) { names.append(name) }
      } catch let error as MessengerError {
        throw ValidationError(error.message)
      }
    }
    self.names = names
  }

  private static func name(_ word: Substring) throws -> Name {
    let parts = word.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts.contains("") else { return .host(try RemoteHost(String(word))) }
    return .machine(FleetTarget(fleet: String(parts[0]), machine: String(parts[1])))
  }
}
