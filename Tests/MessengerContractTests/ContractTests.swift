import Foundation
import MessengerContract
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct ContractTests {
  @Test func statesOnTheWireAreThoseOfTheXML() throws {
    let comment = try #require(Messenger.introspectionXML.range(of: "States:"))
    let text = Messenger.introspectionXML[comment.upperBound...]
    for state in DeliveryState.allCases {
      #expect(text.contains("\n      \(state.rawValue) "), "\(state.rawValue) is not explained in the XML")
    }
  }

  @Test(arguments: DeliveryState.allCases)
  func finalStatesAreMarkedFinalInTheXML(_ state: DeliveryState) throws {
    let lines = Messenger.introspectionXML.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    let line = try #require(lines.first { $0.hasPrefix(state.rawValue + " ") })
    #expect(line.contains(" Final: ") == state.isFinal)
  }

  /// The tables of the XML have a row for each key, with its type, and no other.
  @Test func keysAreThoseOfTheXML() throws {
    #expect(try Self.rows(of: "Options") == Self.keys(SendOption.self))
    #expect(try Self.rows(of: "Deliveries") == Self.keys(DeliveryDetail.self))
    #expect(try Self.rows(of: "Sessions") == Self.keys(SessionDetail.self))
  }

  /// What is set under a key is what it says afterwards, and a value of another type is refused.
  @Test func everyFieldKeepsWhatItIsGiven() {
    Self.expectEveryFieldKept(SendOptions())
    Self.expectEveryFieldKept(DeliveryDetails())
    Self.expectEveryFieldKept(Session(id: "", uid: 0, userName: "", name: "", state: ""))
  }

  private static func expectEveryFieldKept<Content: ContractFields>(_ empty: Content) {
    for key in Content.Key.allCases {
      var content = empty
      let value = sample(for: key)
      #expect(content.set(key, to: value) && content.value(of: key) == value, "\(key)")
      let others = ContractType.allCases.filter { $0 != key.type }.map(sample)
      #expect(others.allSatisfy { !content.set(key, to: $0) } && content.value(of: key) == value, "\(key)")
    }
  }

  private static func sample(for key: some ContractKey) -> ContractValue {
    switch key.rawValue {
    case SendOption.urgency.rawValue: .string(Urgency.low.rawValue)
    case SendOption.window.rawValue: .string(WindowUse.fallback.rawValue)
    case SendOption.terminals.rawValue: .string(TerminalUse.only.rawValue)
    case DeliveryDetail.by.rawValue: .string(DeliveryMeans.window.rawValue)
    case DeliveryDetail.error.rawValue: .string(MessengerErrorCode.noSession.busName)
    default: sample(key.type)
    }
  }

  private static func sample(_ type: ContractType) -> ContractValue {
    switch type {
    case .string: .string("x")
    case .uint32: .uint32(7)
    case .uint64: .uint64(8)
    case .uint32s: .uint32s([9, 10])
    case .double: .double(1.5)
    case .boolean: .boolean(true)
    case .strings: .strings(["x", "y"])
    case .replies: .replies([Reply(key: "y", label: "Yes")])
    }
  }

  private static func keys<Key: ContractKey>(_: Key.Type) -> [String: String] {
    Dictionary(uniqueKeysWithValues: Key.allCases.map { ($0.rawValue, $0.type.rawValue) })
  }

  /// The rows of a section's table: names and types.
  private static func rows(of title: String) throws -> [String: String] {
    let lines = Messenger.introspectionXML.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "    \(title):"))
    let section = lines[(start + 1)...].prefix { $0.isEmpty || $0.hasPrefix("      ") }
    let row = /^ {6}([a-z-]+) +([a-z()]+|a\(ss\)) {2,}\S.*/
    return Dictionary(
      uniqueKeysWithValues: section.compactMap { $0.wholeMatch(of: row).map { (String($0.1), String($0.2)) } })
  }

  @Test(arguments: MessengerErrorCode.allCases)
  func errorNamesSurviveTheBus(_ code: MessengerErrorCode) {
    #expect(MessengerErrorCode(busName: code.busName) == code)
    #expect(code.busName == "org.msgd.Error.\(code.rawValue)")
    #expect(Messenger.introspectionXML.contains(code.rawValue))
  }

  @Test(arguments: ["", "org.msgd.Error.", "org.msgd.Error.Nonsense", "org.freedesktop.DBus.Error.NoReply"])
  func foreignErrorNamesAreNoneOfOurs(_ name: String) {
    #expect(MessengerErrorCode(busName: name) == nil)
  }

  @Test func interfaceHasTheMembersOfTheContract() throws {
    let members = try InterfaceReader.read(Messenger.introspectionXML)
    #expect(members.interface == Messenger.interface)
    #expect(members.signatures["Send"] == "assa{sv} → ta(ssusa{sv})")
    #expect(members.signatures["Update"] == "tsa{sv} →")
    #expect(members.signatures["DeliveriesChanged"] == "ta(ssusa{sv}) →")
    let methods = MessengerMethod.allCases.map { ($0.rawValue, "\($0.signatures.input) → \($0.signatures.output)") }
    let signals = MessengerSignal.allCases.map { ($0.rawValue, "\($0.signature) → ") }
    let all = Dictionary(
      uniqueKeysWithValues: (methods + signals).map { ($0, $1.trimmingCharacters(in: .whitespaces)) })
    #expect(members.signatures == all)
    let properties = MessengerProperty.allCases.map { ($0.rawValue, $0.signature) }
    #expect(members.properties == Dictionary(uniqueKeysWithValues: properties))
  }
}

/// Reads an interface's members and their signatures from introspection XML.
private final class InterfaceReader: NSObject, XMLParserDelegate {
  private(set) var interface = ""
  private(set) var signatures: [String: String] = [:]
  private(set) var properties: [String: String] = [:]
  private var member = ""
  private var inputs: [String] = []
  private var outputs: [String] = []

  static func read(_ xml: String) throws -> InterfaceReader {
    let reader = InterfaceReader()
    let parser = XMLParser(data: Data(xml.utf8))
    parser.delegate = reader
    try #require(parser.parse())
    return reader
  }

  func parser(
    _: XMLParser, didStartElement element: String, namespaceURI _: String?, qualifiedName _: String?,
    attributes: [String: String]
  ) {
    switch element {
    case "interface": interface = attributes["name"] ?? ""
    case "method", "signal":
      member = attributes["name"] ?? ""
      (inputs, outputs) = ([], [])
    case "arg" where attributes["direction"] == "out": outputs.append(attributes["type"] ?? "")
    case "arg": inputs.append(attributes["type"] ?? "")
    case "property": properties[attributes["name"] ?? ""] = attributes["type"]
    default: break
    }
  }

  func parser(_: XMLParser, didEndElement element: String, namespaceURI _: String?, qualifiedName _: String?) {
    guard element == "method" || element == "signal" else { return }
    signatures[member] = "\(inputs.joined()) → \(outputs.joined())".trimmingCharacters(in: .whitespaces)
  }
}
