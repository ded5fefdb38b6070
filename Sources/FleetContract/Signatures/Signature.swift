public import MessengerContract

/// A signature of a payload, as `ssh-keygen -Y sign` writes it (PROTOCOL.sshsig of OpenSSH). The private key may be in
/// a file, in an agent or on a token; machines have a file of the keys that may sign, which ssh-keygen(1) calls
/// ALLOWED SIGNERS.
public enum Signature {
  /// The user property of a PUBLISH packet that has the signature: what is in its armor, in one line, because brokers
  /// end the connection of a client that sends control characters in a property (MQTT 5, section 1.5.4).
  public static let property = "signature"

  /// The longest signature that is read. That of an RSA key of 16384 bits has 5 KiB.
  public static let longest = 16 << 10

  /// The length of a line in the armor.
  private static let lineLength = 70

  /// How long ssh-keygen may take to check one.
  private static let checkTimeout: Duration = .seconds(10)
  /// How long somebody may take to type a passphrase, or to touch a token.
  private static let signTimeout: Duration = .seconds(120)

  /// The namespace of a fleet's messages: a signature for one fleet is none for another, and none for a file.
  static func namespace(of fleet: FleetName) -> String { "msg@\(fleet)" }

  /// Signs a payload.
  ///
  /// - Parameters:
  ///   - payload: the payload's bytes.
  ///   - fleet: the fleet that it goes to.
  ///   - key: the path of the key: a private one, or the public one of a key in the agent.
  /// - Returns: the signature, as ``property`` has it.
  /// - Throws: a ``SignatureError`` with what ssh-keygen says.
  public static func sign(_ payload: [UInt8], for fleet: FleetName, key: String) throws(SignatureError) -> String {
    let result = try ChildProgram.run(
      ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace(of: fleet), "-f", key], input: payload, within: signTimeout)
    guard result.status == 0, !result.output.isEmpty else {
      let reason = SigningFailure(of: key, result).description
      throw SignatureError("can't sign with \(key): \(reason)", code: .invalidArgument, reason: reason)
    }
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
    return lines.filter { !$0.hasPrefix("-----") }.joined()
  }

  /// Puts a signature into the armor that ssh-keygen reads.
  private static func armored(_ signature: String) -> String {
    var text = "-----BEGIN SSH SIGNATURE-----\n"
    var rest = signature[...]
    while !rest.isEmpty {
      text += rest.prefix(lineLength) + "\n"
      rest = rest.dropFirst(lineLength)
    }
    return text + "-----END SSH SIGNATURE-----\n"
  }

  /// What ssh-keygen says if it can't check a signature now: a file can't be read, or the machine has too much to do.
  private static let hindrances = [
    "No such file", "Permission denied", "Resource temporarily unavailable", "Too many open files",
    "Cannot allocate memory", "Input/output error",
  ]

  /// Checks a signature.
  ///
  /// - Parameters:
  ///   - signature: the signature, as ``property`` has it.
  ///   - payload: the payload's bytes, as they came.
  ///   - sender: who must have signed.
  ///   - fleet: the fleet that the signature must be for.
  ///   - signers: the path of the file of allowed signers.
  /// - Throws: a ``SignatureError`` if it is not that sender's, not of this payload or for another fleet, if the key
  ///   has expired, or ssh-keygen can't check it.
  public static func verify(
    _ signature: String, of payload: [UInt8], by sender: FleetName, for fleet: FleetName, signers: String
  ) throws(SignatureError) {
    try verify(signature, of: payload, by: sender, for: fleet, signers: signers, program: "ssh-keygen")
  }

  /// The same with another program in the place of ssh-keygen.
  static func verify(
    _ signature: String, of payload: [UInt8], by sender: FleetName, for fleet: FleetName, signers: String,
    program: String
  ) throws(SignatureError) {
    func verdict(_ reason: String) -> SignatureError {
      SignatureError("the signature of \(sender) for \(fleet) is not valid: \(reason)", isVerdict: true)
    }
    guard !signature.isEmpty else { throw verdict("it is not signed") }
    guard signature.utf8.count <= longest else { throw verdict("it is too long") }
    guard let blob = SignatureBlob(signature) else { throw verdict("it is none of ssh-keygen's") }
    guard blob.namespace == namespace(of: fleet) else { throw verdict("it is none for that fleet") }
    let result = try ChildProgram.run(
      [
        program, "-q", "-Y", "verify", "-n", namespace(of: fleet), "-I", sender.description, "-f", signers, "-s",
        ChildProgram.filePath,
      ], input: payload, file: Array(armored(signature).utf8), within: checkTimeout)
    guard result.status != 0 else { return }
    let text = result.errorText
    // It ends with 255 if it comes to a verdict, and says at most what is wrong with the signature. A signal, or a
    // library that is missing, is no verdict.
    guard result.status == 255, !Self.hindrances.contains(where: text.contains) else {
      throw SignatureError("the signature of \(sender) for \(fleet) can't be checked: \(text)")
    }
    // With -q, ssh-keygen says nothing of a key that the file doesn't allow: the signature itself is right.
    throw verdict(result.saysNothing ? "no key of \(sender) in \(signers) has signed it for \(fleet)" : text)
  }
}

/// Why a payload can't be signed, or a signature doesn't count.
public struct SignatureError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The reason, in words.
  public let description: String
  /// Whether the signature was checked, and doesn't count. Otherwise it could not be checked now.
  public let isVerdict: Bool
  /// The kind of error for the user who wants to sign: ``MessengerErrorCode/invalidArgument`` if the key is of no use,
  /// ``MessengerErrorCode/unavailable`` if ssh-keygen can't be asked.
  public let code: MessengerErrorCode
  /// The reason without the name of the key.
  public let reason: String

  init(
    _ description: String, isVerdict: Bool = false, code: MessengerErrorCode = .unavailable, reason: String? = nil
  ) {
    self.description = description
    self.isVerdict = isVerdict
    self.code = code
    self.reason = reason ?? description
  }
}
