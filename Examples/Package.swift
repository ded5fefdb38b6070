// swift-tools-version: 6.1
import PackageDescription

// Programs that use the library of this repository, as one elsewhere would: `swift build` here builds them.
let package = Package(
  name: "msg-examples",
  dependencies: [.package(name: "msg", path: "..")],
  targets: [
    .executableTarget(
      name: "send-and-wait", dependencies: [.product(name: "MessengerClient", package: "msg")])
  ],
  swiftLanguageModes: [.v6]
)
