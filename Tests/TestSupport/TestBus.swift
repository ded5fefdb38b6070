internal import Foundation

/// A real dbus-daemon of a test's own, ended with the object.
public final class TestBus: Sendable {
  /// Where it listens.
  public let address: String
  private let daemon: Process
  private let folder: URL

  /// Starts the daemon and waits until it listens.
  ///
  /// - Parameters:
  ///   - policy: rules after those that allow everything.
  ///   - program: what the bus starts when the service is called; nil where the service is not installed.
  /// - Throws: what Foundation says where files or the daemon can't be made.
  public init(policy: String = "", program: String? = nil) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "bus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let config = folder.appending(path: "bus.conf")
    try Data(Self.configuration(folder.path, policy).utf8).write(to: config)
    if let program {
      let activation = "[D-BUS Service]\nName=org.msgd.Messenger1\nExec=\(program)\n"
      try Data(activation.utf8).write(to: folder.appending(path: "org.msgd.Messenger1.service"))
    }
    let output = Pipe()
    daemon = Process()
    daemon.executableURL = URL(filePath: "/usr/bin/dbus-daemon")
    daemon.arguments = ["--nofork", "--config-file=\(config.path)", "--print-address=1"]
    daemon.standardOutput = output
    // It complains of limits that only root may raise.
    daemon.standardError = FileHandle.nullDevice
    try Self.withoutBlockedSignals { [daemon] in try daemon.run() }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    address = line.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  deinit {
    end()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Ends the daemon, at once.
  public func end() {
    if daemon.isRunning { kill(daemon.processIdentifier, SIGKILL) }
    daemon.waitUntilExit()
  }

  /// A test's thread may block SIGCHLD; a daemon that inherits that waits in vain for the programs that it starts.
  private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }

  private static func configuration(_ folder: String, _ policy: String) -> String {
    """
    <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
      "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig>
      <listen>unix:path=\(folder)/socket</listen>
      <auth>EXTERNAL</auth>
      <servicedir>\(folder)</servicedir>
      <policy context="default">
        <allow send_destination="*" eavesdrop="true"/>
        <allow eavesdrop="true"/>
        <allow own="*"/>
        \(policy)
      </policy>
    </busconfig>
    """
  }
}
