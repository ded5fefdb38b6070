import Glibc
import MessengerClient
import MessengerContract
import Platform
import PlainJSON

/// msg-fleet, which runs as a child for one call, as ssh does for a host. So `msg` itself loads neither libmosquitto
/// nor OpenSSL.
enum FleetProcess {
  /// The longest line: a receipt of 256 KiB, and what is around it.
  private static let longestLine = 1 << 19

  /// Makes a call, and passes on what msg-fleet says, until it has said all.
  ///
  /// - Parameters:
  ///   - call: what is asked.
  ///   - command: msg-fleet. Nil if it isn't installed.
  ///   - onEvent: takes what it says.
  /// - Throws: a `MessengerError` if it fails, or ends before it has said all.
  static func run(
    _ call: FleetCall, by command: [String]?, onEvent: (FleetEvent) -> Void
  ) throws(MessengerError) {
    guard let command else { throw missing }
    let (inputReader, input) = try pipe()
    let (output, outputWriter) = try pipe()
    let child: ChildProcess
    do throws(SystemError) {
      defer { for descriptor in [inputReader, outputWriter] { close(descriptor) } }
      child = try ChildProcess(command, descriptors: [inputReader, outputWriter, STDERR_FILENO])
    } catch {
      for descriptor in [input, output] { close(descriptor) }
      throw access(command[0], X_OK) == 0 ? MessengerError(.failed, error.description) : missing
    }
    defer {
      // It ends by itself when its input ends.
      close(input)
      close(output)
      _ = child
    }
    write(call.line + [0x0A], to: input)
    var failure: MessengerError?
    let isWhole = try read(output) { event in
      if case .failed(let error) = event { failure = error } else { onEvent(event) }
    }
    if let failure { throw failure }
    guard isWhole else { throw MessengerError(.unavailable, "msg-fleet ended before it had said all") }
  }

  private static var missing: MessengerError {
    MessengerError(.unavailable, "fleets need msg-fleet, which is not installed: install the package msg-fleet")
  }

  private static func pipe() throws(MessengerError) -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else {
      throw MessengerError(.failed, "pipe: \(String(cString: strerror(errno)))")
    }
    // Another thread may start a child meanwhile. It gets no other files than are meant for it.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      // It has ended, which reading shows.
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Reads lines until the one that says that nothing follows.
  ///
  /// - Returns: whether there was one.
  private static func read(_ descriptor: Int32, _ onEvent: (FleetEvent) -> Void) throws(MessengerError) -> Bool {
    var rest: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      var start = 0
      while let end = chunk[start..<count].firstIndex(of: 0x0A) {
        let line = rest.isEmpty ? chunk[start..<end] : rest[...] + chunk[start..<end]
        start = end + 1
        rest.removeAll(keepingCapacity: false)
        guard let event = try event(line) else { continue }
        if event == .end { return true }
        onEvent(event)
      }
      rest += chunk[start..<count]
      guard rest.count <= longestLine else { throw MessengerError(.failed, "msg-fleet has said a line without an end") }
    }
  }

  /// The machine whose receipt a line is, by the line's beginning.
  private static func machine(of line: ArraySlice<UInt8>) -> String? {
    let beginning = Array("{\"is\":\"receipt\",\"machine\":\"".utf8)
    guard line.starts(with: beginning) else { return nil }
    let name = line.dropFirst(beginning.count).prefix { $0 != UInt8(ascii: "\"") }
    return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
  }

  /// Reads a line. What a machine says, and nobody understands, is no reason to fail for the others.
  private static func event(_ line: ArraySlice<UInt8>) throws(MessengerError) -> FleetEvent? {
    do throws(JSONError) { return try FleetEvent(line) } catch {
      let machine = (try? JSONReader.read(line))?["machine"]?.text ?? Self.machine(of: line)
      guard let machine else {
        throw MessengerError(.failed, "msg-fleet has said what nobody understands: \(error)")
      }
      let reason = MessengerError(.failed, "its receipt can't be understood: \(error)")
      return .answer(machine: machine, MachineAnswer(stage: .refused, error: reason, isFinal: true))
    }
  }
}
