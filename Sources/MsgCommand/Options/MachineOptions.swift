import ArgumentParser
import MessengerClient
import MessengerContract

/// The options of `msg` and `query-session` that choose machines.
struct MachineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Use another machine, over ssh: host, user@host or ssh://user@host:port. Commas separate several.
      """,
      valueName: "host"),
    completion: .custom(Completion.hosts), transform: HostList.init)
  var server: HostList?

  @Option(
    help: ArgumentHelp("Give up on a host that does not answer within this time. (default: 10)", valueName: "seconds"),
    transform: Self.seconds)
  var connectTimeout: UInt32 = 10

  /// The machines, each once. Nil is this machine.
  var hosts: [RemoteHost?] {
    guard let server else { return [nil] }
    var hosts: [RemoteHost?] = []
    for host in server.hosts.map({ ThisMachine.isMeant(by: $0) ? nil : $0 }) where !hosts.contains(host) {
      hosts.append(host)
    }
    return hosts
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

/// The machines that `--server` names.
struct HostList {
  let hosts: [RemoteHost]

  /// Hosts separated by commas, each once.
  ///
  /// - Throws: an error that names the word that isn't a host.
  init(_ text: String) throws {
    var hosts: [RemoteHost] = []
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      do {
        let host = try RemoteHost(String(name))
        if !hosts.contains(host) { hosts.append(host) }
      } catch let error as MessengerError {
        throw ValidationError(error.message)
      }
    }
    self.hosts = hosts
  }
}
