import CDBus
import Foundation
import Testing

@testable import MessengerClient

/// The socket pair between libdbus and a child.
@Suite(.timeLimit(.minutes(1))) struct BridgeSocketTests {
  /// Another process could be a D-Bus client that talks to the child, or hears what libdbus sends.
  @Test func strangerIsSentAway() throws {
    let socket = try BridgeSocket()
    let stranger = Process()
    stranger.executableURL = URL(filePath: "/usr/bin/systemd-stdio-bridge")
    stranger.arguments = ["--bus-path=\(socket.address)"]
    stranger.standardInput = FileHandle.nullDevice
    try stranger.run()
    var arrival = pollfd(fd: socket.listener, events: Int16(POLLIN), revents: 0)
    #expect(poll(&arrival, 1, -1) == 1)

    let connection = try BusConnection { dbus_connection_open_private(socket.address, $0) }
    let end = try socket.accept()
    defer { close(end) }
    var peer: (pid: pid_t, uid: uid_t, gid: gid_t) = (0, 0, 0)
    var size = socklen_t(MemoryLayout.size(ofValue: peer))
    try #require(getsockopt(end, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
    try #require(peer.pid == getpid())
    stranger.waitUntilExit()
    #expect(stranger.terminationStatus != 0)
    withExtendedLifetime(connection) {}
  }

  @Test func addressesDiffer() throws {
    let one = try BridgeSocket()
    let other = try BridgeSocket()
    let addresses = [one.address, other.address]
    #expect(addresses.allSatisfy { $0.hasPrefix("unix:abstract=") })
    #expect(addresses[0] != addresses[1])
  }
}
