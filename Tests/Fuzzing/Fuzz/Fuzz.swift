import Glibc

/// The two entry points for libFuzzer. libFuzzer has the `main`, and runs the one target that `--target=` names: `make
/// fuzz`.
private nonisolated(unsafe) var target: (Input) -> Void = { _ in }

/// The parsers of input from outside, by the names of their folders in Corpora/.
private let targets: [String: @Sendable (Input) -> Void] = [
  "bus-names": fuzzBusNames,
  "call": fuzzCall,
  "catalog": fuzzCatalog,
  "deferred": fuzzDeferred,
  "domains": fuzzDomains,
  "environments": fuzzEnvironments,
  "gate": fuzzGate,
  "handshake": fuzzHandshake,
  "host": fuzzHost,
  "json": fuzzJSON,
  "later": fuzzLater,
  "message": fuzzMessage,
  "msg": fuzzMsg,
  "msg-wall": fuzzWall,
  "net-send": fuzzNetSend,
  "packet": fuzzPacket,
  "query-session": fuzzQuerySession,
  "recipients": fuzzRecipients,
  "request": fuzzRequest,
  "schedule": fuzzSchedule,
  "settings": fuzzSettings,
  "state": fuzzState,
  "terminal-text": fuzzTerminalText,
  "value": fuzzValue,
  "wire": fuzzWire,
  "words": fuzzWords,
]

/// Called once. libFuzzer ignores options that begin with two dashes.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_: UnsafeRawPointer, _: UnsafeRawPointer) -> Int32 {
  let option = "--target="
  let names = CommandLine.arguments.filter { $0.hasPrefix(option) }.map { String($0.dropFirst(option.count)) }
  guard names.count == 1, let named = targets[names[0]] else {
    fatalError("\(option) wants one of: \(targets.keys.sorted().joined(separator: " "))")
  }
  target = named
  return 0
}

/// Called with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  target(Input(Array(UnsafeBufferPointer(start: bytes, count: count))))
  return 0
}

/// Ends the run if a property doesn't hold. libFuzzer then keeps the input.
func require(_ property: Bool, _ broken: @autoclosure () -> String) {
  guard !property else { return }
  fatalError(broken())
}

/// Ends the run if there is no value.
///
/// - Returns: the value.
func require<Found>(_ found: Found?, _ missing: @autoclosure () -> String) -> Found {
  guard let found else { fatalError(missing()) }
  return found
}
