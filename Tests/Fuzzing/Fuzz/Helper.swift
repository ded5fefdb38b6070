import CConnect
import MessengerContract

@testable import MessengerService

/// The bytes that msgd-connect receives as a request. An accepted request names a user other than root, and a socket
/// that C reads to the end, processes, or a terminal and a text. All unused bytes are zero.
func fuzzRequest(_ input: Input) {
  var request = msg_connect_request()
  let fault = input.bytes.withUnsafeBytes { msg_connect_check($0.baseAddress, $0.count, &request) }
  let size = MemoryLayout<msg_connect_request>.size
  guard fault == MSG_CONNECT_DONE else {
    return require(fault == MSG_CONNECT_NO_REQUEST || fault == MSG_CONNECT_ROOT, "\(fault)")
  }
  require(input.bytes.count == size + Int(request.text_size), "\(input.bytes.count) bytes")
  require(request.uid != 0 && request.uid != .max, "uid \(request.uid)")
  let bytes = withUnsafeBytes(of: request.name) { Array($0) }
  let processes = withUnsafeBytes(of: request.processes) { Array($0.bindMemory(to: Int32.self)) }
  let name = bytes.prefix { $0 != 0 }
  let named = processes.prefix { $0 != 0 }
  let terminal = withUnsafeBytes(of: request.terminal) { Array($0) }.prefix { $0 != 0 }
  require(terminal.isEmpty == (request.text_size == 0), "a text of \(request.text_size) for \(terminal)")
  require(!name.isEmpty || !named.isEmpty || !terminal.isEmpty, "a request for nothing")
  if !terminal.isEmpty {
    require(name.isEmpty && named.isEmpty && request.text_size <= MSG_CONNECT_TEXT, "a text and more")
    require(SessionNameShape.isTerminal(String(decoding: terminal, as: UTF8.self)), "a terminal's name")
  }
  require(Set(bytes.dropFirst(name.count)) == [0], "something behind the name")
  require(Set(processes.dropFirst(named.count)).subtracting([0]).isEmpty, "something behind the list")
  require(named.min() ?? 1 > 0, "\(named)")
  if !name.isEmpty {
    require(name.count > 1, "a name of \(name.count)")
    require(name[0] == UInt8(ascii: "/") || name[0] == UInt8(ascii: "@"), "a relative name")
  }
}

/// A process's state. The terminal's name that is found there is one that may be written on.
func fuzzState(_ input: Input) {
  guard let name = ControllingTerminal.name(in: input.bytes[...]) else { return }
  require(SessionNameShape.isTerminal(name), "\(name) is no terminal's name")
}

/// A text for a terminal. It operates no terminal, no line is too wide, only msgd's own begin at the margin, and it is
/// as long as there is room for.
func fuzzTerminalText(_ input: Input) {
  var content = PopupContent(title: "", body: input.text, timeout: nil, urgency: .low, icon: "", replies: [])
  (content.sender, content.time) = ("ann", "14:05:32")
  let limit = 1000 + input.bytes.count % 3000
  let bytes = TerminalText(of: content, on: "here").bytes(atMost: limit)
  require(bytes.count <= limit, "\(bytes.count) bytes, not \(limit)")
  let text = String(decoding: bytes, as: UTF8.self)
  let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  let heading = ["\r", "\u{7}Message from ann on here at 14:05:32:\r"]
  require(
    Array(lines.prefix(2)) == heading && Array(lines.suffix(2)) == ["\r", ""], "no frame: \(text.debugDescription)")
  for line in lines.dropFirst(2).dropLast(2) {
    let scalars = line.unicodeScalars
    require(
      scalars.starts(with: "  ".unicodeScalars) && scalars.last == "\r", "at the margin: \(line.debugDescription)")
    let shown = scalars.dropLast()
    require(!shown.contains { $0.properties.generalCategory == .control }, "it operates: \(line.debugDescription)")
    require(TextPolicy.columns(of: String(shown)) <= TerminalText.columns, "too wide: \(line.debugDescription)")
  }
}

/// The answer with environments. Whatever lengths it has, its parts come from it, in its order.
func fuzzEnvironments(_ input: Input) {
  let parts = ConnectHelper.parts(of: input.bytes)
  var end = 0
  for part in parts {
    require(part.startIndex == end + 4 && part.endIndex <= input.bytes.count, "\(part.indices) after \(end)")
    end = part.endIndex
  }
  require(input.bytes.count - end < 4, "\(input.bytes.count - end) bytes are left")
}
