import CDBus
import Foundation
import MessengerContract
import TestSupport

@testable import MessengerClient

/// A service under msgd's name that handles the first call of a method as a test wants, and leaves. The real one can't
/// be made to misbehave on demand.
struct TestService {
  private let ended = DispatchSemaphore(value: 0)

  /// Starts the service on a thread of its own, and waits until it has its name.
  init(
    on bus: TestBus, to method: String = "Send", of interface: String = Messenger.interface,
    answer: @escaping @Sendable (BusConnection, BusMessage) throws -> Void
  ) {
    let ready = DispatchSemaphore(value: 0)
    let address = bus.address
    let ended = ended
    Thread {
      defer { ended.signal() }
      do {
        let connection = try BusConnection(address: address)
        try connection.own(Messenger.busName)
        ready.signal()
        while let message = try connection.nextMessage() {
          guard message.isCall(method, of: interface) else { continue }
          try answer(connection, message)
          connection.flush()
          return
        }
      } catch {
        ready.signal()
        print("the test's service ends: \(error)")
      }
    }.start()
    ready.wait()
  }

  /// Waits until the service has left.
  func waitForEnd() {
    ended.wait()
  }
}

extension BusConnection {
  func own(_ name: String) throws {
    let request = try BusMessage(
      destination: DBUS_SERVICE_DBUS, path: DBUS_PATH_DBUS, interface: DBUS_INTERFACE_DBUS, method: "RequestName")
    try request.write {
      try $0.string(name)
      try $0.uint32(0)
    }
    _ = try call(request, timeout: nil)
  }

  /// Waits until the bus has everything that was sent: it answers in order.
  func flush() {
    _ = try? owner(of: DBUS_SERVICE_DBUS)
  }
}
