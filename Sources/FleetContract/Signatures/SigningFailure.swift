internal import Glibc

/// Why ssh-keygen doesn't sign with a key, and what helps, as one line.
///
/// ssh-keygen names any file that is no key as one that is missing, and warns of permissions in a frame of seven lines.
struct SigningFailure: CustomStringConvertible {
  let description: String

  /// - Parameters:
  ///   - key: the path of the key.
  ///   - result: how ssh-keygen ended.
  init(of key: String, _ result: ChildProgram.Result) {
    func says(_ text: String) -> Bool { result.errorLines.contains { $0.contains(text) } }
    if says("are too open") {
      description = "others can read it: chmod 600 \(key)"
    } else if says("Couldn't load public key") {
      description = Self.obstacle(to: key) ?? "it is no key of ssh-keygen(1)"
    } else if says("No private key found") {
      let obstacle = Self.obstacle(to: key).map { " (\($0))" } ?? ""
      description = "its private key is in no file that can be read\(obstacle), nor in the agent: see ssh-add -l"
    } else {
      description = result.errorText
    }
  }

  /// Why the file can't be read. Nil if it can.
  private static func obstacle(to key: String) -> String? {
    access(key, R_OK) == 0 ? nil : String(cString: strerror(errno))
  }
}
