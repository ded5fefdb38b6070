import MessengerClient
import MessengerContract
import MsgCommand

/// One run of the command, with what it wrote.
final class Run {
  private(set) var output = ""
  private(set) var errors = ""
  private(set) var status: ExitStatus = .success
  let sender: FakeSender

  var call: FakeSender.Call? { sender.calls.first }

  init(
    _ words: [[UInt8]], input: [UInt8] = [], terminal: Bool = false, listing: [String] = [],
    sender: FakeSender = FakeSender(.success([.bob(.shown)]))
  ) {
    self.sender = sender
    status = Command.run(
      in: Surroundings(
        arguments: words, isInputTerminal: terminal, readInput: { Array(input.prefix($0 + 1)) },
        write: { self.output += $0 }, writeError: { self.errors += $0 }, listing: { listing }, sender: sender))
  }

  convenience init(
    _ words: String..., input: String = "", terminal: Bool = false, listing: [String] = [],
    sender: FakeSender = FakeSender(.success([.bob(.shown)]))
  ) {
    self.init(
      words.map { Array($0.utf8) }, input: Array(input.utf8), terminal: terminal, listing: listing, sender: sender)
  }
}

extension Delivery {
  static func bob(_ state: DeliveryState, error: MessengerError? = nil) -> Delivery {
    Delivery(
      sessionID: "2", userName: "bob", uid: 1001, state: state,
      details: DeliveryDetails(sessionName: ":2", error: error))
  }

  static func alice(_ state: DeliveryState) -> Delivery {
    Delivery(
      sessionID: "5", userName: "alice", uid: 1000, state: state, details: DeliveryDetails(sessionName: "tty2"))
  }

  static func unknown(_ name: String) -> Delivery {
    Delivery(
      sessionID: "", userName: name, uid: Messenger.noUID, state: .failed,
      details: DeliveryDetails(error: MessengerError(.noSuchRecipient, "nobody named \(name) is logged in")))
  }

  /// The signal that tells of this delivery.
  var change: DeliveryChange {
    DeliveryChange(messageID: 1, sessionID: sessionID, state: state, details: details)
  }
}
