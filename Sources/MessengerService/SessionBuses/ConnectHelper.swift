internal import CConnect
internal import GBus
internal import Glibc

/// Asks `msgd-connect`, the program that may become another user (CConnect.h), to do what needs a user's rights, which
/// msgd lacks. What hangs there hangs in a separate process, which is killed when nobody waits for it any more.
@MainLoop
final class ConnectHelper {
  /// The reason why a request failed.
  enum Failure: Error, Equatable {
    /// `msgd-connect` can't be asked, because of this errno.
    case unreachable(Int32)
    /// It ended before it answered.
    case lost
    /// It refused, or failed.
    case refused(Fault)
  }

  /// The fault that `msgd-connect` reports.
  enum Fault: Equatable {
    /// The request is one that can't be carried out for anybody.
    case invalid
    /// It never becomes root.
    case root
    /// The user has no runtime directory.
    case notLoggedIn
    /// The file is not a socket.
    case noSocket
    /// Another user listens there.
    case othersSocket(uid: UInt32)
    /// A system call failed with this errno.
    case failed(Int32)
    /// It took too long.
    case timedOut
    /// The name is no terminal's.
    case noTerminal
    /// It is another user's terminal.
    case othersTerminal(uid: UInt32)
    /// The user lets nobody write on the terminal (mesg(1)).
    case mesgN
    /// The terminal has no room, after it has taken this many bytes.
    case full(taken: Int)
  }

  /// The longest text for a terminal, in bytes.
  nonisolated static let mostText = Int(MSG_CONNECT_TEXT)

  /// How many processes one request can name.
  nonisolated static let mostProcesses = Int(MSG_CONNECT_PROCESSES)

  /// The socket that it listens on unless the command line says otherwise.
  nonisolated static let standardSocket = MSG_CONNECT_SOCKET

  /// A socket's name and its user.
  private struct Place: Hashable {
    let name: String
    let uid: UInt32
  }

  /// A connection made in advance, and the timer that closes it if nobody uses it.
  private struct Ahead {
    let socket: Int32
    let timer: Timer
  }

  /// How long a connection made in advance waits to be used.
  private static let keepTimeout: Duration = .seconds(1)

  private let path: String
  private var ahead: [Place: Ahead] = [:]

  /// Uses the helper that listens on a socket.
  nonisolated init(at path: String) {
    self.path = path
  }

  /// Connects to a Unix socket as a user. The user must be the one who listens there.
  ///
  /// - Parameters:
  ///   - name: an absolute path, or `@` and an abstract name.
  ///   - user: the user.
  ///   - deadline: the time by which it must have succeeded.
  /// - Returns: a non-blocking stream socket, which the caller must close.
  /// - Throws: ``Failure``; ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` if the task is cancelled.
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
  ///   - processes: the processes; those after the first ``mostProcesses`` are ignored.
  ///   - user: the user.
  ///   - name: a socket of the user's that is likely to be passed to ``connect(to:as:deadline:)`` within a second. The
  ///     same request connects to it. If that fails, nothing reports it.
  ///   - deadline: the time by which it must have succeeded.
  /// - Returns: the environment of each process; empty if the process has ended or is another user's. The last ones may
  ///   be missing.
  /// - Throws: ``Failure``; ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` if the task is cancelled.
  func environments(
    of processes: [pid_t], as user: User, connectingTo name: String? = nil, deadline: Deadline
  ) async throws -> [ArraySlice<UInt8>] {
    guard !processes.isEmpty, var request = msg_connect_request(as: user, to: name ?? "") else { return [] }
    request.name(processes)
    let (descriptors, reply) = try await ask(request, deadline: deadline)
    guard let pipe = descriptors.first else { throw Failure.refused(Fault(reply)) }
    defer { close(pipe) }
    if let name, descriptors.count > 1 { keep(descriptors[1], for: Place(name: name, uid: user.uid)) }
    return Self.parts(of: Self.content(of: pipe))
  }

  /// Reads the states of some of a user's processes (proc(5), `/proc/pid/stat`), as that user.
  ///
  /// - Parameters:
  ///   - processes: the processes; those after the first ``mostProcesses`` are ignored.
  ///   - user: the user.
  ///   - deadline: the time by which it must have succeeded.
  /// - Returns: the state of each process; empty if the process has ended or is another user's.
  /// - Throws: ``Failure``; ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` if the task is cancelled.
  func states(of processes: [pid_t], as user: User, deadline: Deadline) async throws -> [ArraySlice<UInt8>] {
    guard !processes.isEmpty, var request = msg_connect_request(as: user, to: "") else { return [] }
    request.name(processes)
    request.file = MSG_CONNECT_STAT.rawValue
    let (descriptors, reply) = try await ask(request, deadline: deadline)
    guard let pipe = descriptors.first else { throw Failure.refused(Fault(reply)) }
    defer { close(pipe) }
    return Self.parts(of: Self.content(of: pipe))
  }

  /// Writes a text on a user's terminal, as that user, with one write(2) that doesn't block.
  ///
  /// - Parameters:
  ///   - text: the text, with at most ``mostText`` bytes.
  ///   - terminal: the terminal's name below `/dev`.
  ///   - user: the user. The terminal must be theirs.
  ///   - heedsMesg: whether it fails if the user lets nobody write there.
  ///   - deadline: the time by which it must have succeeded.
  /// - Throws: ``Failure``; ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` if the task is cancelled.
  func write(
    _ text: [UInt8], on terminal: String, as user: User, heedsMesg: Bool, deadline: Deadline
  ) async throws {
    guard terminal.utf8.count < Int(MSG_CONNECT_TERMINAL), text.count <= Self.mostText,
      var request = msg_connect_request(as: user, to: "")
    else { throw Failure.refused(.invalid) }
    withUnsafeMutableBytes(of: &request.terminal) { $0.copyBytes(from: terminal.utf8) }
    request.heeds_mesg = heedsMesg ? 1 : 0
    request.text_size = UInt32(text.count)
    let (descriptors, reply) = try await ask(request, text, deadline: deadline)
    for descriptor in descriptors { close(descriptor) }
    guard msg_connect_fault(reply.fault) == MSG_CONNECT_WRITTEN else { throw Failure.refused(Fault(reply)) }
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
    _ request: msg_connect_request, _ text: [UInt8] = [], deadline: Deadline
  ) async throws -> (descriptors: [Int32], reply: msg_connect_reply) {
    let asked = withUnsafePointer(to: request) { msg_connect_ask(path, $0, text) }
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

  /// Reads all of a pipe that has no writer any more, so that reading never waits.
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

  /// Splits a pipe's content into the parts behind their lengths.
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
  /// Makes a request for a connection or, without a name, an empty one; `nil` if the name is too long.
  fileprivate init?(as user: User, to name: String) {
    guard name.utf8.count < Int(MSG_CONNECT_NAME) else { return nil }
    self.init()
    uid = user.uid
    withUnsafeMutableBytes(of: &self.name) { $0.copyBytes(from: name.utf8) }
  }

  /// Names the first processes that it is about.
  fileprivate mutating func name(_ processes: [pid_t]) {
    withUnsafeMutableBytes(of: &self.processes) { list in
      for (index, process) in processes.prefix(ConnectHelper.mostProcesses).enumerated() {
        list.storeBytes(of: process, toByteOffset: index * MemoryLayout<pid_t>.size, as: pid_t.self)
      }
    }
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
    case MSG_CONNECT_NO_TERMINAL: self = .noTerminal
    case MSG_CONNECT_OTHERS_TERMINAL: self = .othersTerminal(uid: reply.detail)
    case MSG_CONNECT_MESG_N: self = .mesgN
    case MSG_CONNECT_FULL: self = .full(taken: Int(reply.detail))
    default: self = .invalid
    }
  }
}
