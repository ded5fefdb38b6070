import FleetConfiguration
import Glibc
import MessengerClient

extension Surroundings {
  /// The surroundings of this process, on the system bus.
  public static func process() -> Surroundings {
    holdStandardStreams()
    var surroundings = Surroundings(
      program: Program(path: CommandLine.argc > 0 ? CommandLine.arguments[0] : ""),
      arguments: processArguments(),
      isInputTerminal: isatty(STDIN_FILENO) == 1,
      readInput: { try readToEnd(STDIN_FILENO, limit: $0, name: "standard input") },
      readFile: readFile,
      fileExists: { access($0, F_OK) == 0 },
      write: { writeAll($0, to: STDOUT_FILENO) },
      writeError: { _ = writeAll($0, to: STDERR_FILENO) },
      listing: { visibleEntries(of: ".", limit: $0) },
      hostName: hostName,
      ownSession: ownSession,
      now: { .now },
      onInterrupt: Interrupt.end,
      service: { host, timeout in host.map { Client(host: $0, connectTimeout: timeout) } ?? Client() })
    surroundings.errorTerminal = .process { _ = writeAll($0, to: STDERR_FILENO) }
    surroundings.fleetFiles =
      [FleetsFile.userPath { getenv($0).map { String(cString: $0) } }, FleetsFile.systemPath].compactMap(\.self)
    surroundings.fleetCommand = fleetProgram().map { [$0] }
    // The service refuses root nothing.
    if geteuid() != 0 { surroundings.passwordService = TerminalService() }
    return surroundings
  }

  /// msg-fleet, as it lies beside this program where that was built, or in libexec below the same prefix.
  private static func fleetProgram() -> String? {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count - 1)
    guard count > 0 else { return nil }
    let own = String(decoding: path.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex)
    return ["/", "/../libexec/", "/../lib/msgd/"].map { "\(folder)\($0)msg-fleet" }.first { access($0, X_OK) == 0 }
  }

  /// The arguments' bytes. `CommandLine.arguments` would replace bytes that aren't UTF-8.
  private static func processArguments() -> [[UInt8]] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      guard let argument = CommandLine.unsafeArgv[index] else { return nil }
      return Array(UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
    }
  }

  /// Opens `/dev/null` in place of each closed standard stream, so that no file or socket gets its number and the
  /// output. It is opened for the wrong direction, so that using it fails with `EBADF` as a closed stream does. A
  /// closed pipe is an error as well, and no signal.
  private static func holdStandardStreams() {
    for (stream, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)] {
      if fcntl(stream, F_GETFD) < 0 { _ = open("/dev/null", mode) }
    }
    signal(SIGPIPE, SIG_IGN)
  }

  /// Writes all of a text.
  ///
  /// - Returns: the error number if that failed, else 0.
  private static func writeAll(_ text: String, to descriptor: Int32) -> Int32 {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return errno }
      rest = rest.dropFirst(count)
    }
    return 0
  }

  private static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The session of this process: the one whose cgroup it is in, else the one that pam_systemd put into the
  /// environment. A desktop's programs run under the user's service manager, outside the session's cgroup.
  private static func ownSession() -> String? {
    let groups = (try? readFile("/proc/self/cgroup", limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return session(inControlGroups: groups) ?? getenv("XDG_SESSION_ID").map { String(cString: $0) }
  }

  /// The session in a list of cgroups such as `/proc/PID/cgroup`: `…/session-2.scope`.
  static func session(inControlGroups groups: String) -> String? {
    let units = groups.split { $0 == "/" || $0.isNewline }
    return units.first { $0.hasPrefix("session-") && $0.hasSuffix(".scope") }.map {
      String($0.dropFirst("session-".count).dropLast(".scope".count))
    }
  }
}
