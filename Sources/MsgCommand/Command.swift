import ArgumentParser
import MessengerClient
import MessengerContract

/// The programs `msg`, `net-send`, `query-session` and `msg-wall`.
public enum Command {
  /// Runs a program once: reads its arguments, does the work, and reports.
  public static func run(in surroundings: Surroundings) -> ExitStatus {
    let status = perform(in: surroundings)
    guard let complaint = surroundings.output.complaint else { return status }
    if !complaint.isEmpty { surroundings.complainByName(complaint) }
    // The program's own error says more.
    return status.rawValue < ExitStatus.usage.rawValue ? .cantWrite : status
  }

  private static func perform(in surroundings: Surroundings) -> ExitStatus {
    do {
      let words = try surroundings.arguments.enumerated().map {
        try UTF8Text.decode($0.element, source: "argument \($0.offset + 1)")
      }
      switch surroundings.program {
      case .msg: return try Msg.run(words, in: surroundings)
      case .netSend: return try NetSend.run(words, in: surroundings)
      case .querySession: return try QuerySession.run(words, in: surroundings)
      case .wall: return try Wall.run(words, in: surroundings)
      }
    } catch let refusal as InputError {
      return explain(refusal, surroundings)
    } catch let exit as CleanExit {
      surroundings.output.put("\(exit)")
      return .success
    } catch {
      surroundings.complain(about: error)
      return ExitStatus(error)
    }
  }

  private static func explain(_ refusal: InputError, _ surroundings: Surroundings) -> ExitStatus {
    if refusal.isMisuse { surroundings.complain("Invalid parameter(s)") }
    surroundings.complainByName(refusal.reason)
    guard refusal.isMisuse else { return .usage }
    // The usage would hide the line that names the mistake.
    if surroundings.arguments.isEmpty { printUsage(surroundings) }
    surroundings.complain("See: \(surroundings.program.rawValue) --help")
    return .usage
  }

  private static func printUsage(_ surroundings: Surroundings) {
    surroundings.complain("Usage:")
    for line in surroundings.program.options.usageString().split(separator: "\n") {
      surroundings.complain("  \(line)")
    }
  }
}
