internal import CConnect
internal import GBus
internal import Glibc

/// Does what needs a user's rights, of which msgd has none: asks `msgd-connect`, the program that may become another
/// user (CConnect.h). What hangs there, hangs in a process that does nothing else meanwhile, and is killed when nobody
/// waits for it any more.
@MainLoop
final class ConnectHelper {
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

  /// A socket of a user's.
  private struct Place: Hashable {
    let name: String
    let uid: UInt32
  }

  /// A connection that was made ahead, and what closes it when nobody comes for it.
  private struct Ahead {
    let socket: Int32
    let timer: Timer
  }

  /// How long a connection that was made ahead waits for whom it was made for.
  private static let keepTimeout: Duration = .seconds(1)

  private let path: String
  private var ahead: [Place: Ahead] = [:]

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
    if let ahead = ahead.removeValue(forKey: Place(name: name, uid: user.uid)) {
      ahead.timer.cancel()
      return ahead.socket
    }
    guard let request = msg_connect_request(as: user, to: name) else { throw Failure.refused(.failed(ENAMETOOLONG)) }
    let (descriptors, reply) = try await ask(request, deadline: deadline)
    guard let socket = descriptors.first else { throw Failure.refused(Fault(reply)) }
    return socket
  }

  /// Reads the beginnings of the environments of some of a user's processes, as that user.
  ///
  /// - Parameters:
  ///   - processes: at most ``mostProcesses`` of them are asked.
  ///   - user: who.
  ///   - name: a socket of the user's, to which ``connect(to:as:deadline:)`` is likely to come within a second: it is
  ///     connected to on the same way. Where that fails nothing is said of it.
  ///   - deadline: until when.
  /// - Returns: for each, what it has; nothing where it has ended, or is another user's. The last ones may be missing.
  /// - Throws: ``Failure``; ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` with the task.
  func environments(
    of processes: [pid_t], as user: User, connectingTo name: String? = nil, deadline: Deadline
  ) async throws -> [ArraySlice<UInt8>] {
    guard !processes.isEmpty, var request = msg_connect_request(as: user, to: name ?? "") else { return [] }
    withUnsafeMutableBytes(of: &request.processes) { list in
      for (index, process) in processes.prefix(Self.mostProcesses).enumerated() {
        list.storeBytes(of: process, toByteOffset: index * MemoryLayout<pid_t>.size, as: pid_t.self)
      }
    }
    let (descriptors, reply) = try await ask(request, deadline: deadline)
    guard let pipe = descriptors.first else { throw Failure.refused(Fault(reply)) }
    defer { close(pipe) }
    if let name, descriptors.count > 1 { keep(descriptors[1], for: Place(name: name, uid: user.uid)) }
    return Self.parts(of: Self.content(of: pipe))
  }

  private func keep(_ socket: Int32, for place: Place) {
    guard ahead[place] == nil else { return _ = close(socket) }
    let timer = Timer(at: .after(Self.keepTimeout)) {
      self.ahead[place] = nil
      close(socket)
    }
    ahead[place] = Ahead(socket: socket, timer: timer)
  }

  private func ask(
    _ request: msg_connect_request, deadline: Deadline
  ) async throws -> (descriptors: [Int32], reply: msg_connect_reply) {
    let asked = withUnsafePointer(to: request) { msg_connect_ask(path, $0) }
    if asked == -EPIPE || asked == -ECONNRESET { throw Failure.lost }  // it has just ended
    guard asked >= 0 else { throw Failure.unreachable(-asked) }
    defer { close(asked) }
    while true {
      try await MainLoop.untilReadable(asked, deadline: deadline)
      var reply = msg_connect_reply()
      var descriptors = [Int32](repeating: -1, count: Int(MSG_CONNECT_DESCRIPTORS))
      switch msg_connect_take(asked, &reply, &descriptors) {
      case let count where count >= 0: return (Array(descriptors.prefix(Int(count))), reply)
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

extension msg_connect_request {
  /// A request for a connection, or, without a name, for nothing yet; `nil` where the name is too long.
  fileprivate init?(as user: User, to name: String) {
    guard name.utf8.count < Int(MSG_CONNECT_NAME) else { return nil }
    self.init()
    uid = user.uid
    withUnsafeMutableBytes(of: &self.name) { $0.copyBytes(from: name.utf8) }
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
