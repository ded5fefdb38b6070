import CConnect

@testable import MessengerService

/// What comes to msgd-connect as a request: what it takes for one names a user who isn't root, and a socket that C
/// reads to the end, or processes; all that it doesn't look at is zero.
func fuzzRequest(_ input: Input) {
  var request = msg_connect_request()
  let fault = input.bytes.withUnsafeBytes { msg_connect_check($0.baseAddress, $0.count, &request) }
  let size = MemoryLayout<msg_connect_request>.size
  guard fault == MSG_CONNECT_DONE else {
    return require(fault == MSG_CONNECT_NO_REQUEST || fault == MSG_CONNECT_ROOT, "\(fault)")
  }
  require(input.bytes.count == size, "\(input.bytes.count) bytes")
  require(request.uid != 0 && request.uid != .max, "uid \(request.uid)")
  let bytes = withUnsafeBytes(of: request.name) { Array($0) }
  let processes = withUnsafeBytes(of: request.processes) { Array($0.bindMemory(to: Int32.self)) }
  let name = bytes.prefix { $0 != 0 }
  let named = processes.prefix { $0 != 0 }
  require(!name.isEmpty || !named.isEmpty, "a request for nothing")
  require(Set(bytes.dropFirst(name.count)) == [0], "something behind the name")
  require(Set(processes.dropFirst(named.count)).subtracting([0]).isEmpty, "something behind the list")
  require(named.min() ?? 1 > 0, "\(named)")
  if !name.isEmpty {
    require(name.count > 1, "a name of \(name.count)")
    require(name[0] == UInt8(ascii: "/") || name[0] == UInt8(ascii: "@"), "a relative name")
  }
}

/// What comes of reading environments: whatever lengths it has, its parts are of it, and in its order.
func fuzzEnvironments(_ input: Input) {
  let parts = ConnectHelper.parts(of: input.bytes)
  var end = 0
  for part in parts {
    require(part.startIndex == end + 4 && part.endIndex <= input.bytes.count, "\(part.indices) after \(end)")
    end = part.endIndex
  }
  require(input.bytes.count - end < 4, "\(input.bytes.count - end) bytes are left")
}
