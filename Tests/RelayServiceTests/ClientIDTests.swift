import Foundation
import Testing

@testable import RelayService

@Suite struct ClientIDTests {
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "client-id-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  @Test func itStays() throws {
    let id = try ClientID.read(in: folder)
    #expect(id.count == 32)
    #expect(try ClientID.read(in: folder) == id)
  }

  @Test func eachFolderHasItsOwn() throws {
    let other = try ClientIDTests()
    #expect(try ClientID.read(in: folder) != ClientID.read(in: other.folder))
  }

  @Test(arguments: ["", "x", "0123456789abcdef0123456789abcdeX", "0123456789abcdef0123456789abcdef0"])
  func aDamagedOneIsMadeAnew(_ text: String) throws {
    try text.write(toFile: "\(folder)/client-id", atomically: true, encoding: .utf8)
    let id = try ClientID.read(in: folder)
    #expect(id != text && id.count == 32)
  }

  @Test func aFolderThatCannotBeWrittenIsAnError() {
    #expect(throws: (any Error).self) { try ClientID.read(in: "/proc/nothing") }
  }
}
