import CDBus
import Testing

import MessengerContract
@testable import MessengerClient

/// An answer of another type than the contract's.
struct Malformed: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let culprit: String
  let write: @Sendable (inout ArgumentWriter) throws -> Void

  init(_ name: String, _ culprit: String, _ write: @escaping @Sendable (inout ArgumentWriter) throws -> Void) {
    testDescription = name
    self.culprit = culprit
    self.write = write
  }

  static let answers = [
    Malformed("nothing", "expected type 't', found nothing") { _ in },
    Malformed("no deliveries", "expected type 'a', found nothing") { try $0.uint64(1) },
    Malformed("an id of 32 bits", "expected type 't', found type 'u'") { try $0.uint32(1) },
    Malformed("deliveries that are text", "expected type 'a', found type 's'") {
      try $0.uint64(1)
      try $0.string("none")
    },
    Malformed("an array of text", "expected type 'r', found type 's'") {
      try $0.uint64(1)
      try $0.array(of: "s") { try $0.string("x") }
    },
    Malformed("a delivery that is too short", "expected type 'u', found nothing") {
      try $0.uint64(1)
      try $0.array(of: "(ss)") {
        try $0.container(CDBUS_TYPE_STRUCT, nil) {
          try $0.string("2")
          try $0.string("bob")
        }
      }
    },
    Malformed("a delivery that is too long", "expected nothing, found type 'b'") {
      try $0.uint64(1)
      try $0.array(of: "(ssusa{sv}b)") {
        try $0.container(CDBUS_TYPE_STRUCT, nil) {
          for text in ["2", "bob"] { try $0.string(text) }
          try $0.uint32(1)
          try $0.string("shown")
          try $0.array(of: "{sv}") { _ in }
          try $0.boolean(true)
        }
      }
    },
    Malformed("an unknown state", "unknown state 'lost'") {
      try $0.uint64(1)
      try $0.array(of: "(ssusa{sv})") { try $0.delivery("2", "bob", 1, "lost") }
    },
    Malformed("a detail of another type", "expected type 'd', found type 's'") {
      try $0.uint64(1)
      try $0.array(of: "(ssusa{sv})") {
        try $0.delivery("2", "bob", 1, "shown") { try $0.entry("elapsed", "s") { try $0.string("1.5") } }
      }
    },
    Malformed("one argument too many", "expected nothing, found type 's'") {
      try $0.uint64(1)
      try $0.array(of: "(ssusa{sv})") { _ in }
      try $0.string("more")
    },
  ]
}

@Suite struct MalformedTests {
  @Test(arguments: Malformed.answers)
  func answerIsAnError(_ malformed: Malformed) throws {
    let answer = try BusMessage.answer()
    try answer.write(malformed.write)
    #expect(throws: ClientError.malformedAnswer(malformed.culprit)) { try Receipt(from: answer) }
  }

  @Test func unknownStateInASignalIsAnError() throws {
    let signal = try BusMessage.change(to: nil, session: "2", state: "")
    #expect(throws: ClientError.malformedAnswer("unknown state ''")) { try DeliveryChanges(from: signal) }
  }

  @Test func signalWithoutArgumentsIsAnError() throws {
    let signal = try BusMessage.change()
    #expect(throws: ClientError.malformedAnswer("expected type 't', found nothing")) {
      try DeliveryChanges(from: signal)
    }
  }
}
