import CDBus

/// The questions of `msg --doctor` to a bus and the services on it, over one connection. For use by one thread.
///
/// Nothing waits for longer than a few seconds.
package final class BusInquiry {
  /// How long an answer may take.
  static let answerTimeout: Duration = .seconds(5)
  /// How long a service may take to start.
  static let startTimeout: Duration = .seconds(10)

  private let connection: BusConnection
  /// The unique name that the bus has given to this connection.
  let ownName: String

  /// Connects to a bus of this machine.
  ///
  /// - Parameter address: a D-Bus address; nil for the system bus, where `DBUS_SYSTEM_BUS_ADDRESS` counts.
  /// - Throws: the error if it can't be reached.
  package convenience init(address: String? = nil) throws(BusError) {
    try self.init(first: BusMessage.hello) {
      try BusConnection { dbus_connection_open_private(address ?? BusConnection.systemBus, $0) }
    }
  }

  /// Connects to the system bus of another host, through ssh.
  ///
  /// - Parameters:
  ///   - host: where.
  ///   - connectTimeout: how long that may take.
  /// - Throws: the error if it can't be reached.
  package convenience init(host: RemoteHost, connectTimeout: Duration) throws(BusError) {
    try self.init(first: { try BusMessage(toBus: "GetId") }) {
      try BusConnection(host: host, connectTimeout: connectTimeout)
    }
  }

  /// The destination of the first answer is the connection's unique name.
  private init(first question: () throws -> BusMessage, connect: () throws -> BusConnection) throws(BusError) {
    do {
      connection = try connect()
      ownName = try connection.call(question(), timeout: Self.answerTimeout).destination ?? ""
    } catch {
      throw BusError(error)
    }
  }

  /// Makes a call and reads its answer.
  func ask<Answer>(
    _ question: @autoclosure () throws -> BusMessage, timeout: Duration = answerTimeout,
    _ read: (inout ArgumentReader) throws -> Answer
  ) throws(BusError) -> Answer {
    do {
      return try connection.call(question(), timeout: timeout).read(read)
    } catch {
      throw BusError(error)
    }
  }
}

extension BusError {
  /// The error of a question.
  init(_ error: any Error) {
    self =
      switch error {
      case let error as BusError: error
      case ClientError.busUnreachable(_, let reason): BusError(name: DBUS_ERROR_NO_SERVER, text: reason)
      case ClientError.serviceLost(let reason, _): BusError(name: DBUS_ERROR_DISCONNECTED, text: reason)
      case ClientError.noAnswer(let seconds, _):
        BusError(name: DBUS_ERROR_NO_REPLY, text: "no answer within \(seconds) seconds")
      case ClientError.malformedAnswer(let culprit):
        BusError(name: DBUS_ERROR_INVALID_SIGNATURE, text: "the answer is not understood: \(culprit)")
      default: BusError(name: DBUS_ERROR_FAILED, text: "\(error)")
      }
  }

  /// Whether the bus's policy forbids the call.
  package var isDenial: Bool { name == DBUS_ERROR_ACCESS_DENIED }
  /// Whether the service has no such method.
  package var isUnknownMethod: Bool { name == DBUS_ERROR_UNKNOWN_METHOD }
  /// Whether no answer came in time.
  package var isSilence: Bool { name == DBUS_ERROR_NO_REPLY }
}
