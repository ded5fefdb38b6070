import Testing

import GBus

@testable import MessengerService

/// Addresses in D-Bus's format (D-Bus Specification, Server Addresses).
struct BusAddressTests {
  @Test(arguments: [
    ("unix:path=/run/user/1000/bus", ["/run/user/1000/bus"]),
    ("unix:path=/tmp/dbus-n8w3OyhoUK,guid=f20d62d8eb56eb4396bedba86b015e28", ["/tmp/dbus-n8w3OyhoUK"]),
    ("unix:guid=f20d,abstract=/tmp/dbus-n8w3", ["@/tmp/dbus-n8w3"]),
    ("unix:abstract=name", ["@name"]),
    ("unix:path=/a%20b%3b%2C%c3%A9", ["/a b;,é"]),
    ("unix:path=/a=b", ["/a=b"]),
    ("unix:path=/a;unix:abstract=b", ["/a", "@b"]),
    ("tcp:host=localhost,port=1;unix:path=/a;", ["/a"]),
  ]) func socketsAreTaken(_ text: String, _ names: [String]) {
    #expect(BusAddress.list(text).map(\.name) == names)
  }

  @Test(arguments: [
    "", ";", "unix:", "unix:path", "unix:path=", "unix:path=a", "unix:path=@a", "unix:runtime=yes", "unix:tmpdir=/tmp",
    "unix:path=/a,abstract=b", "unix:path=/a%", "unix:path=/a%2", "unix:path=/a%2g", "unix:path=/a%+1",
    "unix:path=/a%00", "unix:path=/%ff", "unix:path=/a,guid", "unix:path=/a,guid=%", "unixexec:path=/bin/sh",
    "tcp:host=localhost,port=1",
    "autolaunch:", "nonce-tcp:host=h,port=1,noncefile=/a", "vsock:port=1", "UNIX:path=/a", "/a",
  ]) func othersAreNot(_ text: String) {
    #expect(BusAddress.list(text).isEmpty)
  }

  @Test func standardIsInTheRuntimeDirectory() {
    let user = User(uid: 7, gid: 7, name: "ann", runtimePath: "/run/user/7")
    #expect(BusAddress(standardOf: user) == BusAddress(name: "/run/user/7/bus"))
  }
}
