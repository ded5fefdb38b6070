import CDBus
import Glibc
import Platform

extension BusConnection {
  /// Connects to the system bus of another host and says Hello.
  ///
  /// - Parameters:
  ///   - host: the host.
  ///   - connectTimeout: how long all of it may take, from the start of ssh to the bus's answer.
  ///   - ssh: the program, and its first arguments.
  /// - Throws: ``ClientError/busUnreachable(address:reason:)``.
  convenience init(host: RemoteHost, connectTimeout: Duration, ssh: [String] = ["ssh"]) throws {
    do {
      let socket = try BridgeSocket()
      try self.init { dbus_connection_open_private(socket.address, $0) }
      let end = try socket.accept()
      defer { close(end) }
      let errors = try ErrorRelay()
      bridge = try ChildProcess(
        ssh + host.sshArguments(connectTimeout: connectTimeout), descriptors: [end, end, errors.input], errors: errors)
    } catch let error as SystemError {
      throw ClientError.busUnreachable(address: host.description, reason: error.description)
    } catch let error as BusError {
      throw ClientError.busUnreachable(address: host.description, reason: error.text)
    }
    try hello(to: host, timeout: connectTimeout)
  }

  /// Waits for the answer at once, because the timeout covers all of the connecting.
  private func hello(to host: RemoteHost, timeout: Duration) throws {
    let reason: String
    do {
      _ = try call(.hello(), timeout: timeout)
      return
    } catch ClientError.noAnswer {
      let seconds = timeout.wholeSeconds
      reason = "no answer within \(seconds) second\(seconds == 1 ? "" : "s")"
    } catch ClientError.serviceLost(let loss, _) {
      reason = loss
    } catch let error as BusError {
      reason = error.text
    }
    throw ClientError.busUnreachable(address: host.description, reason: reason)
  }
}
