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

  @Test func optionsAndDetailsAreThoseOfTheXML() {
    for key in SendOption.allCases.map(\.rawValue) + DeliveryDetail.allCases.map(\.rawValue) {
      #expect(Messenger.introspectionXML.contains(" \(key) "), "\(key) is not explained in the XML")
    }
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
    #expect(members.signatures["Send"] == "as s a{sv} → t a(ssusa{sv})")
    #expect(members.signatures["SendMessage"] == "s s → t")
    #expect(members.signatures["ListSessions"] == "→ a(susssa{sv})")
    #expect(members.signatures["GetDeliveries"] == "t → a(ssusa{sv})")
    #expect(members.signatures["Withdraw"] == "t →")
    #expect(members.signatures["SetMuted"] == "b →")
    #expect(members.signatures["GetMuted"] == "→ b")
    #expect(members.signatures["CheckConfiguration"] == "→ s b as")
    #expect(members.signatures["DeliveryChanged"] == "t s s a{sv} →")
    #expect(members.properties == ["Version": "s", "DefaultTimeout": "u", "MaximumBodyLength": "u"])
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
    signatures[member] = (inputs + ["→"] + outputs).joined(separator: " ")
  }
}
