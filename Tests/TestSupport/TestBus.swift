internal import Foundation

/// A real dbus-daemon for one test, ended with the object.
public final class TestBus: Sendable {
  /// The bus's address.
  public let address: String
  private let daemon: Daemon
  private let folder: URL

  /// Starts the daemon and waits until it listens.
  ///
  /// - Parameters:
  ///   - policy: rules that follow those that allow everything.
  ///   - limits: elements that limit what the bus accepts.
  ///   - program: the program that the bus starts when the service is called; nil if the service is not installed.
  /// - Throws: Foundation's error if files or the daemon can't be made.
  public init(policy: String = "", limits: String = "", program: String? = nil) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "bus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let config = folder.appending(path: "bus.conf")
    try Data(Self.configuration(folder.path, policy, limits).utf8).write(to: config)
    if let program {
      let activation = "[D-BUS Service]\nName=org.msgd.Messenger1\nExec=\(program)\n"
      try Data(activation.utf8).write(to: folder.appending(path: "org.msgd.Messenger1.service"))
    }
    let command = ["/usr/bin/dbus-daemon", "--nofork", "--config-file=\(config.path)", "--print-address=1"]
    let output = Pipe()
    daemon = try Daemon(command, output: output.fileHandleForWriting.fileDescriptor)
    try output.fileHandleForWriting.close()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    address = line.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  deinit {
    end()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Ends the daemon, at once.
  public func end() { daemon.end() }

  private static func configuration(_ folder: String, _ policy: String, _ limits: String) -> String {
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
      \(limits)
    </busconfig>
    """
  }
}
