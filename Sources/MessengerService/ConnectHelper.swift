internal import CConnect
internal import GBus
internal import Glibc

/// Does what needs a user's rights, of which msgd has none: asks `msgd-connect`, the program that may become another
/// user (CConnect.h). What hangs there, hangs in a process that does nothing else meanwhile, and is killed when nobody
/// waits for it any more.
@MainLoop
struct ConnectHelper {
  /// Why it came to nothing.
  enum Failure: Error, Equatable {
    /// `msgd-connect` can't be asked: an errno.
    case unreachable(Int32)
    /// It ended before it had answered.
    case lost
    /// It refused, or couldn't.
    case refused(Fault)
  }

  /// What `msgd-connect` says.
  enum Fault: Equatable {
    /// What it was asked for can't be had from anybody.
    case invalid
    /// It never becomes root.
    case root
    /// The user has no runtime directory.
    case notLoggedIn
    /// The file is no socket.
    case noSocket
    /// Another user listens there.
    case othersSocket(uid: UInt32)
    /// A system call failed: an errno.
    case failed(Int32)
    /// It took too long.
    case timedOut
  }

  /// How many processes can be asked about at once.
  nonisolated static let mostProcesses = Int(MSG_CONNECT_PROCESSES)

  /// Where it listens unless the command line says otherwise.
  nonisolated static let standardSocket = MSG_CONNECT_SOCKET

  private let path: String

  /// The helper that listens at a socket.
  nonisolated init(at path: String) {
    self.path = path
  }

  /// Connects to a Unix socket of a user's, as that user: it is the user who listens there.
  ///
  /// - Parameters:
  ///   - name: an absolute path, or `@` and an abstract name.
  ///   - user: who.
  ///   - deadline: until when.
  /// - Returns: a non-blocking stream socket, which is the caller's.
  /// - Throws: ``Failure``; ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` with the task.
  func connect(to name: String, as user: User, deadline: Deadline) async throws -> Int32 {
    guard name.utf8.count < Int(MSG_CONNECT_NAME) else { throw Failure.refused(.failed(ENAMETOOLONG)) }
    var request = msg_connect_request()
    request.act = MSG_CONNECT_TO_SOCKET.rawValue
    request.uid = user.uid
    withUnsafeMutableBytes(of: &request.of) { $0.copyBytes(from: name.utf8) }
    return try await ask(request, deadline: deadline)
  }

  /// Reads the beginnings of the environments of some of a user's processes, as that user.
  ///
  /// - Parameters:
  ///   - processes: at most ``mostProcesses`` of them are asked.
  ///   - user: who.
  ///   - deadline: until when.
  /// - Returns: for each, what it has; nothing where it has ended, or is another user's. The last ones may be missing.
  /// - Throws: ``Failure``; ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` with the task.
  func environments(of processes: [pid_t], as user: User, deadline: Deadline) async throws -> [ArraySlice<UInt8>] {
    var request = msg_connect_request()
    request.act = MSG_CONNECT_READ_ENVIRONMENTS.rawValue
    request.uid = user.uid
    let processes = processes.prefix(Self.mostProcesses)
    guard !processes.isEmpty else { return [] }
    withUnsafeMutableBytes(of: &request.of) { list in
      for (index, process) in processes.enumerated() {
        list.storeBytes(of: process, toByteOffset: index * MemoryLayout<pid_t>.size, as: pid_t.self)
      }
    }
    let pipe = try await ask(request, deadline: deadline)
    defer { close(pipe) }
    return Self.parts(of: Self.content(of: pipe))
  }

  private func ask(_ request: msg_connect_request, deadline: Deadline) async throws -> Int32 {
    let asked = withUnsafePointer(to: request) { msg_connect_ask(path, $0) }
    if asked == -EPIPE || asked == -ECONNRESET { throw Failure.lost }  // it has just ended
    guard asked >= 0 else { throw Failure.unreachable(-asked) }
    defer { close(asked) }
    while true {
      try await MainLoop.untilReadable(asked, deadline: deadline)
      var reply = msg_connect_reply()
      var descriptor: Int32 = -1
      switch msg_connect_take(asked, &reply, &descriptor) {
      case 0 where descriptor >= 0: return descriptor
      case 0: throw Failure.refused(Fault(reply))
      case -EAGAIN: continue
      default: throw Failure.lost
      }
    }
  }

  /// What a pipe holds that nobody writes to any more: it never has to be waited for.
  private static func content(of pipe: Int32) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Int(MSG_CONNECT_COPIES)) { buffer, size in
      while size < buffer.count {
        let rest = UnsafeMutableBufferPointer(rebasing: buffer[size...])
        let count = read(pipe, rest.baseAddress, rest.count)
        guard count > 0 else { return }
        size += count
      }
    }
  }

  /// What stands behind each length.
  nonisolated static func parts(of content: [UInt8]) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var rest = content[...]
    let width = MemoryLayout<UInt32>.size
    while rest.count >= width {
      let length = rest.prefix(width).withUnsafeBytes { Int($0.loadUnaligned(as: UInt32.self)) }
      parts.append(rest.dropFirst(width).prefix(length))
      rest = rest.dropFirst(width + length)
    }
    return parts
  }
}

extension ConnectHelper.Fault {
  fileprivate init(_ reply: msg_connect_reply) {
    switch msg_connect_fault(reply.fault) {
    case MSG_CONNECT_ROOT: self = .root
    case MSG_CONNECT_NOT_LOGGED_IN: self = .notLoggedIn
    case MSG_CONNECT_NO_SOCKET: self = .noSocket
    case MSG_CONNECT_OTHERS_SOCKET: self = .othersSocket(uid: reply.detail)
    case MSG_CONNECT_FAILED: self = .failed(Int32(bitPattern: reply.detail))
    case MSG_CONNECT_TIMED_OUT: self = .timedOut
    default: self = .invalid
    }
  }
}
