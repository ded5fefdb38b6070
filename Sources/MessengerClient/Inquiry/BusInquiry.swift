import CDBus

/// Questions to a bus and to whoever is on it, over one connection: what `msg --doctor` wants to know. For use by one
/// thread.
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
  /// - Throws: why it can't be reached.
  package convenience init(address: String? = nil) throws(BusError) {
    try self.init(first: Message.hello) {
      try BusConnection { dbus_connection_open_private(address ?? BusConnection.systemBus, $0) }
    }
  }

  /// Connects to the system bus of another host, through ssh.
  ///
  /// - Parameters:
  ///   - host: where.
  ///   - connectTimeout: how long that may take.
  /// - Throws: why it can't be reached.
  package convenience init(host: RemoteHost, connectTimeout: Duration) throws(BusError) {
    try self.init(first: { try Message(toBus: "GetId") }) {
      try BusConnection(host: host, connectTimeout: connectTimeout)
    }
  }

  /// Whom the bus answers, the first answer tells.
  private init(first question: () throws -> Message, connect: () throws -> BusConnection) throws(BusError) {
    do {
      connection = try connect()
      ownName = try connection.call(question(), timeout: Self.answerTimeout).destination ?? ""
    } catch {
      throw BusError(error)
    }
  }

  /// Makes a call and reads its answer.
  func ask<Answer>(
    _ question: @autoclosure () throws -> Message, timeout: Duration = answerTimeout,
    _ read: (inout MessageReader) throws -> Answer
  ) throws(BusError) -> Answer {
    do {
      return try connection.call(question(), timeout: timeout).read(read)
    } catch {
      throw BusError(error)
    }
  }
}

extension BusError {
  /// What went wrong with a question, whoever was asked.
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
  /// Whether who was asked has no such method.
  package var isUnknownMethod: Bool { name == DBUS_ERROR_UNKNOWN_METHOD }
  /// Whether nobody has answered in time.
  package var isSilence: Bool { name == DBUS_ERROR_NO_REPLY }
}
