internal import CProcess
internal import Glibc
internal import Platform

/// Runs another program to its end, with bytes for its standard input.
enum ChildProgram {
  /// How a program ended, and what it printed.
  struct Result {
    /// Its exit status; -1 if it was killed.
    var status: Int32
    var output: [UInt8]
    var errors: [UInt8]

    /// The lines of what it said is wrong.
    var errorLines: [Substring] {
      String(decoding: errors.isEmpty ? output : errors, as: UTF8.self).split(whereSeparator: \.isNewline)
    }

    /// Whether it ended by itself, and printed nothing.
    var saysNothing: Bool { status >= 0 && errorLines.isEmpty }

    /// What it said is wrong, as one line.
    var errorText: String {
      let text = errorLines.joined(separator: "; ")
      return text.isEmpty ? "it ended with status \(status)" : text
    }
  }

  /// The path under which the program can read the bytes of `file`.
  static let filePath = "/dev/fd/3"

  /// The most that is read of its output and of its errors.
  private static let outputLimit = 64 << 10

  /// Runs a program, found through `PATH`.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - input: what it reads from standard input.
  ///   - file: what it reads at ``filePath``; at most 64 KiB, the size of a pipe.
  ///   - timeout: the time after which it is killed.
  /// - Returns: how it ended, and what it printed.
  /// - Throws: a ``SignatureError`` if it can't be started, or takes too long.
  static func run(
    _ command: [String], input: [UInt8], file: [UInt8]? = nil, within timeout: Duration
  ) throws(SignatureError) -> Result {
    let deadline = Deadline.after(timeout)
    let standardInput = try Pipe()
    let standardOutput = try Pipe()
    let standardError = try Pipe()
    let argument = try file.map { bytes throws(SignatureError) in try Pipe(holding: bytes) }
    let pid = try start(
      command,
      [standardInput.reader, standardOutput.writer, standardError.writer] + (argument.map { [$0.reader] } ?? []))
    for pipe in [standardOutput, standardError] { pipe.closeWriter() }
    standardInput.closeReader()
    var result = Result(status: -1, output: [], errors: [])
    let isOver = exchange(
      input, with: (standardInput, standardOutput, standardError), into: &result, until: deadline)
    if !isOver { kill(pid, SIGKILL) }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    guard isOver else { throw SignatureError("\(command[0]) took longer than \(timeout)") }
    if status & 0x7F == 0 { result.status = status >> 8 & 0xFF }
    return result
  }

  private static func start(_ command: [String], _ descriptors: [Int32]) throws(SignatureError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    for (target, descriptor) in descriptors.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, Int32(descriptors.count))
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let failure = posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, environ)
    guard failure == 0 else { throw SignatureError("can't run \(command[0]): \(String(cString: strerror(failure)))") }
    return pid
  }

  /// Writes the input and reads the output until both are at their end.
  ///
  /// - Returns: whether that was before the deadline.
  private static func exchange(
    _ input: [UInt8], with pipes: (input: Pipe, output: Pipe, errors: Pipe), into result: inout Result,
    until deadline: Deadline
  ) -> Bool {
    var rest = input[...]
    pipes.input.makeWriterNonblocking()
    var isOutputOpen = true
    var isErrorOpen = true
    while isOutputOpen || isErrorOpen {
      if rest.isEmpty { pipes.input.closeWriter() }
      var polled = [
        pollfd(fd: rest.isEmpty ? -1 : pipes.input.writer, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: isOutputOpen ? pipes.output.reader : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isErrorOpen ? pipes.errors.reader : -1, events: Int16(POLLIN), revents: 0),
      ]
      let left = deadline.remaining
      guard left > .zero else { return false }
      let count = poll(&polled, 3, Int32(clamping: left.microseconds / 1000 + 1))
      if count < 0 && errno != EINTR { return false }
      guard count > 0 else { continue }
      if polled[0].revents != 0 { rest = pipes.input.write(rest) }
      if polled[1].revents != 0 { isOutputOpen = pipes.output.read(into: &result.output, atMost: outputLimit) }
      if polled[2].revents != 0 { isErrorOpen = pipes.errors.read(into: &result.errors, atMost: outputLimit) }
    }
    return true
  }
}
