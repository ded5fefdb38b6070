import GBus
import TestSupport

@testable import MessengerService

/// A polkit on a test's bus, which records the questions and answers as the test says. The real one can't be made to
/// misbehave.
@MainLoop
final class FakePolkit {
  /// A call of `CheckAuthorization` or, with only the last two fields, of `CancelCheckAuthorization`.
  struct Question: Equatable {
    var subject: Value?
    var action: Value?
    var details: Value?
    var flags: UInt32?
    let cancellation: String
  }

  /// The calls, in order.
  let asked = Recorder<Question>()
  /// The fake's connection to the bus. Tests use another one.
  let connection: Connection
  private static let name = "org.freedesktop.PolicyKit1"

  /// - Parameters:
  ///   - bus: the bus that it joins.
  ///   - answerType: the type of the answer, which a test may give wrongly.
  ///   - answer: the answer to a question; may throw, or come late.
  /// - Throws: `BusError` if the bus can't be reached.
  init(
    on bus: TestBus, answerType: String = "(bba{ss})",
    answer: @escaping @MainLoop @Sendable (Question) async throws -> Value
  ) async throws {
    connection = try await bus.connect()
    let xml = """
      <node><interface name="\(Self.name).Authority">
      <method name="CheckAuthorization">
      <arg type="(sa{sv})" direction="in"/><arg type="s" direction="in"/><arg type="a{ss}" direction="in"/>
      <arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="\(answerType)" direction="out"/></method>
      <method name="CancelCheckAuthorization"><arg type="s" direction="in"/></method>
      </interface></node>
      """
    let methods: [String: ExportedInterface.Method] = [
      "CheckAuthorization": { [asked] call in
        let arguments = call.arguments
        let question = Question(
          subject: arguments[0], action: arguments[1], details: arguments[2], flags: arguments[3].uint32,
          cancellation: arguments[4].string ?? "")
        asked.record(question)
        return [try await answer(question)]
      },
      "CancelCheckAuthorization": { [asked] call in
        asked.record(Question(cancellation: call.arguments[0].string ?? ""))
        return []
      },
    ]
    try connection.export(
      ExportedInterface(name: Self.name + ".Authority", xml: xml, methods: methods, properties: [:]),
      at: "/org/freedesktop/PolicyKit1/Authority")
    _ = try await connection.requestName(Self.name, deadline: .patient)
  }

  /// An answer in the format of polkit's D-Bus interface.
  nonisolated static func result(_ isAuthorized: Bool, _ isChallenge: Bool, _ details: [String] = []) -> Value {
    .structure([
      .boolean(isAuthorized), .boolean(isChallenge),
      .array(of: "{ss}", details.map { .entry(.string($0), .string("true")) }),
    ])
  }
}
