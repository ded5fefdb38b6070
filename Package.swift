// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "msg",
  products: [
    .executable(name: "msg", targets: ["msg"]),
    .executable(name: "msgd", targets: ["msgd"]),
    .executable(name: "msg-bridge", targets: ["msg-bridge"]),
    .executable(name: "msg-fleet", targets: ["msg-fleet"]),
    .executable(name: "msg-relay", targets: ["msg-relay"]),
    .library(name: "MessengerClient", targets: ["MessengerClient", "MessengerContract"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
  ],
  targets: [
    // System libraries.
    .systemLibrary(name: "CDBus", pkgConfig: "dbus-1", providers: [.apt(["libdbus-1-dev"])]),
    // Without pkgConfig: its file has -pthread, of which SwiftPM warns.
    .systemLibrary(name: "CMosquitto", providers: [.apt(["libmosquitto-dev"])]),
    .systemLibrary(name: "CGIO", pkgConfig: "gio-unix-2.0", providers: [.apt(["libglib2.0-dev"])]),
    // File descriptors that go with messages.
    .target(name: "CDescriptors"),
    // What msgd asks of msgd-connect, the program beside it that may become another user (Sources/msgd-connect, which
    // is C alone, and built by the Makefile).
    .target(name: "CConnect", dependencies: ["CDescriptors"]),
    // What Swift can't say to the kernel.
    .target(name: "CProcess"),
    // What limits how much a session bus may send.
    .target(name: "CReceiveBudget"),
    // How wide characters are on a terminal.
    .target(name: "CTerminal"),
    // The clock that all of msg goes by.
    .target(name: "Platform"),

    // What both programs agree on. The interface's XML is a link to the installed file in dbus/.
    .target(name: "MessengerContract", resources: [.embedInCode("org.msgd.Messenger1.xml")]),

    // The log of both services.
    .target(name: "JournalLog", dependencies: ["MessengerContract", .product(name: "Logging", package: "swift-log")]),

    // Files that are on the disk, whole.
    .target(name: "DurableFiles", dependencies: ["MessengerContract"]),

    // The service.
    .target(name: "GBus", dependencies: ["CDescriptors", "CGIO", "CReceiveBudget", "Platform"]),
    // Calls of msgd by other services, and the values of both sides.
    .target(name: "MessengerProxy", dependencies: ["GBus", "MessengerContract"]),
    .target(
      name: "MessengerService",
      dependencies: [
        "CConnect", "CProcess", "CTerminal", "DurableFiles", "GBus", "MessengerContract", "MessengerProxy",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "msgd",
      dependencies: [
        "GBus", "JournalLog", "MessengerContract", "MessengerService", .product(name: "Logging", package: "swift-log"),
      ]),

    // What other programs say, on desktops.
    .target(
      name: "BridgeService",
      dependencies: ["GBus", "MessengerContract", "MessengerProxy", .product(name: "Logging", package: "swift-log")]),
    .executableTarget(
      name: "msg-bridge",
      dependencies: [
        "BridgeService", "GBus", "JournalLog", "MessengerContract", .product(name: "Logging", package: "swift-log"),
      ]),

    // Messages to many machines over an MQTT broker.
    .target(name: "MQTT", dependencies: ["CMosquitto", "CProcess", "Platform"]),
    .target(name: "FleetContract", dependencies: ["CProcess", "MessengerContract", "PlainJSON", "Platform"]),
    // JSON without Foundation, which makes programs larger and starts slowly.
    .target(name: "PlainJSON", dependencies: ["MessengerContract"]),
    .target(name: "FleetConfiguration"),
    .target(
      name: "FleetSender",
      dependencies: [
        "CProcess", "FleetConfiguration", "FleetContract", "MQTT", "MessengerContract", "PlainJSON", "Platform",
      ]),
    .executableTarget(name: "msg-fleet", dependencies: ["FleetSender"]),
    .target(
      name: "RelayService",
      dependencies: [
        "CProcess", "DurableFiles", "FleetContract", "GBus", "MQTT", "MessengerContract", "MessengerProxy",
        "PlainJSON", "Platform", .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "msg-relay",
      dependencies: [
        "GBus", "JournalLog", "MessengerContract", "RelayService", .product(name: "Logging", package: "swift-log"),
      ]),

    // The command.
    .target(name: "MessengerClient", dependencies: ["CDBus", "MessengerContract", "Platform"]),
    .target(
      name: "MsgCommand",
      dependencies: [
        "CTerminal", "FleetConfiguration", "MessengerClient", "MessengerContract", "PlainJSON", "Platform",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "msg", dependencies: ["MsgCommand"]),

    .target(
      name: "TestSupport", dependencies: ["CConnect", "CDescriptors", "GBus", "MessengerClient"],
      path: "Tests/TestSupport"),
    .testTarget(name: "ReceiveBudgetTests", dependencies: ["CReceiveBudget"]),
    .testTarget(name: "CProcessTests", dependencies: ["CProcess"]),
    .testTarget(name: "GBusTests", dependencies: ["CReceiveBudget", "GBus", "TestSupport"]),
    .testTarget(
      name: "MessengerServiceTests",
      dependencies: [
        "DurableFiles", "GBus", "JournalLog", "MessengerContract", "MessengerProxy", "MessengerService",
        "TestSupport", .product(name: "Logging", package: "swift-log"),
      ]),
    .testTarget(
      name: "BridgeServiceTests", dependencies: ["BridgeService", "GBus", "MessengerContract", "MessengerProxy"]),
    .testTarget(name: "FleetContractTests", dependencies: ["FleetContract", "MessengerContract", "PlainJSON"]),
    .testTarget(name: "FleetConfigurationTests", dependencies: ["FleetConfiguration"]),
    .testTarget(name: "PlainJSONTests", dependencies: ["MessengerContract", "PlainJSON"]),
    .testTarget(
      name: "FleetSenderTests",
      dependencies: [
        "FleetConfiguration", "FleetContract", "FleetSender", "MQTT", "MessengerContract", "PlainJSON", "Platform",
      ]),
    .testTarget(name: "MQTTTests", dependencies: ["MQTT"]),
    .testTarget(
      name: "RelayServiceTests",
      dependencies: [
        "FleetContract", "GBus", "MQTT", "MessengerContract", "PlainJSON", "RelayService",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .testTarget(name: "MessengerContractTests", dependencies: ["MessengerContract"]),
    .testTarget(
      name: "MessengerClientTests", dependencies: ["CDBus", "MessengerClient", "MessengerContract", "TestSupport"]),
    .testTarget(
      name: "MsgCommandTests", dependencies: ["MsgCommand", "MessengerClient", "MessengerContract", "Platform"]),
  ],
  swiftLanguageModes: [.v6]
)

// `make fuzz` builds this too. It is no part of the package otherwise: libFuzzer brings the main.
if Context.environment["MSG_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "BridgeService", "CConnect", "CDBus", "CGIO", "FleetContract", "GBus", "MQTT", "MessengerClient",
        "MessengerContract", "MessengerService", "MsgCommand", "PlainJSON", "RelayService",
      ],
      path: "Tests/Fuzzing/Fuzz"))
}

for target in package.targets where ![.system, .plugin].contains(target.type) {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
}
