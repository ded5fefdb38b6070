import TestSupport
import Testing

@testable import GBus
@testable import MessengerService

/// Which unit a caller belongs to, according to the system bus and systemd. A test plays both, because the dbus-daemon
/// and the systemd of Debian 12 don't support pidfds.
@Suite(.timeLimit(.minutes(1))) struct UnitDirectoryTests {
  /// A job of cron runs as its user, but its service doesn't, so its unit isn't certain by the process's number.
  private static let caller = Caller(busName: ":1.2", uid: 1000, pid: 99, hasPidfd: true)

  @Test func unitIsCertainByPidfdWhoeverItRunsAs() async throws {
    try await Self.withSystem { units, system in
      let pidfd = try PassedPipe()
      let unit = MainLoop.task { await units.unit(of: Self.caller) }
      try await system.tellPidfd(pidfd)
      try await system.tellUnit("cron.service", by: pidfd)
      #expect(await unit.value == "cron.service")
      try await pidfd.closed()
      #expect(await units.unit(of: Self.caller) == "cron.service")
    }
  }

  @Test(arguments: ["UnknownMethod", "AccessDenied"])
  func systemdThatKnowsNoPidfdsIsAskedByNumber(_ error: String) async throws {
    try await Self.withSystem { units, system in
      let pidfd = try PassedPipe()
      let unit = MainLoop.task { await units.unit(of: Self.caller) }
      try await system.tellPidfd(pidfd)
      let question = try await system.question("GetUnitByPIDFD")
      system.send(Wire.error("org.freedesktop.DBus.Error." + error, to: question.serial))
      try await system.tellUnit("cron.service", ofUser: 0)
      #expect(await unit.value == nil)
    }
  }

  @Test func busThatHasNoPidfdIsNotAskedForIt() async throws {
    try await Self.withSystem { units, system in
      let caller = Caller(busName: ":1.2", uid: 1000, pid: 99)
      let unit = MainLoop.task { await units.unit(of: caller) }
      try await system.tellUnit("backup.service", ofUser: 1000)
      #expect(await unit.value == "backup.service")
    }
  }

  /// The connection has gone meanwhile.
  @Test func whoHasLeftIsAskedForByNumber() async throws {
    try await Self.withSystem { units, system in
      let unit = MainLoop.task { await units.unit(of: Self.caller) }
      let question = try await system.question("GetConnectionCredentials")
      system.send(Wire.error("org.freedesktop.DBus.Error.NameHasNoOwner", to: question.serial))
      try await system.tellUnit("backup.service", ofUser: 1000)
      #expect(await unit.value == "backup.service")
    }
  }

  /// Another process may have its number by now, so systemd isn't asked by number.
  @Test func processThatHasEndedHasNoUnit() async throws {
    try await Self.withSystem { units, system in
      let pidfd = try PassedPipe()
      let unit = MainLoop.task { await units.unit(of: Self.caller) }
      try await system.tellPidfd(pidfd)
      let question = try await system.question("GetUnitByPIDFD")
      system.send(Wire.error("org.freedesktop.systemd1.NoSuchUnit", to: question.serial))
      #expect(await unit.value == nil)
    }
  }

  @Test(arguments: [true, false]) func callerHasAPidfdWhereTheBusHasOne(_ hasPidfd: Bool) async throws {
    try await Self.withConnection { connection, bus in
      let caller = MainLoop.task { try await Caller.identify(":1.2", on: connection, deadline: .patient) }
      let question = try await bus.question("GetConnectionCredentials")
      let pipe = try PassedPipe()
      bus.send(RawPeer.credentials(to: question.serial, hasPidfd: hasPidfd), with: hasPidfd ? [pipe.writing] : [])
      pipe.release()
      #expect(try await caller.value == Caller(busName: ":1.2", uid: 7, pid: 99, hasPidfd: hasPidfd))
      try await pipe.closed()
    }
  }

  private static func withSystem(_ body: @MainLoop (UnitDirectory, RawPeer) async throws -> Void) async throws {
    try await withConnection { connection, system in
      try await body(UnitDirectory(connection: connection, timeout: .seconds(20)), system)
    }
  }

  private static func withConnection(_ body: @MainLoop (Connection, RawPeer) async throws -> Void) async throws {
    try await MainLoop.test {
      let (socket, peer) = try RawPeer.pair()
      var bounds = BusBounds.systemBus
      bounds.passesDescriptors = true
      let connection = Connection(socket: socket, within: bounds)
      try await peer.welcome()
      try await connection.join(deadline: .patient)
      try await body(connection, peer)
    }
  }
}

extension RawPeer {
  fileprivate static func credentials(to serial: UInt32, hasPidfd: Bool) -> [UInt8] {
    let pidfd: [(key: String, type: Character, value: UInt32)] = hasPidfd ? [("ProcessFD", "h", 0)] : []
    return Wire.answer(
      to: serial, "a{sv}", Wire.dictionary([("UnixUserID", "u", 7), ("ProcessID", "u", 99)] + pidfd),
      descriptors: hasPidfd ? 1 : 0)
  }

  /// Waits for a call of a method, which must be the next one.
  fileprivate func question(_ method: String) async throws -> Message {
    let message = try await message()
    #expect(message.holds(method))
    return message
  }

  fileprivate func tellPidfd(_ pipe: PassedPipe) async throws {
    let question = try await question("GetConnectionCredentials")
    send(Self.credentials(to: question.serial, hasPidfd: true), with: [pipe.writing])
    pipe.release()
  }

  /// Answers a question by pidfd.
  fileprivate func tellUnit(_ name: String, by pidfd: PassedPipe) async throws {
    let question = try await question("GetUnitByPIDFD")
    #expect(question.descriptors.map { pidfd.isEnd($0) } == [true])
    let names = Wire.padded(Wire.text("/org/freedesktop/systemd1/unit/x"), to: 4) + Wire.text(name)
    send(Wire.answer(to: question.serial, "osay", Wire.padded(names, to: 4) + Wire.number(0)))
  }

  /// Answers a question by number, and the question whose service it is.
  fileprivate func tellUnit(_ name: String, ofUser uid: UInt32) async throws {
    let path = "/org/freedesktop/systemd1/unit/" + name.replacing(".", with: "_2e")
    send(Wire.answer(to: try await question("GetUnitByPID").serial, "o", Wire.text(path)))
    let owner = [1, UInt8(ascii: "u"), 0, 0] + Wire.number(uid)
    send(Wire.answer(to: try await question("UID").serial, "v", owner))
  }
}
