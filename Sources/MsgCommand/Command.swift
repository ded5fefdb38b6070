import ArgumentParser
import MessengerClient
import MessengerContract

/// The command `msg`.
public enum Command {
  /// Runs the command once: understands its arguments, sends the message, and reports.
  public static func run(in surroundings: Surroundings) -> ExitStatus {
    do {
      let request = try Request(arguments: surroundings.arguments, listing: surroundings.listing)
      let body = try request.message ?? MessageInput.read(from: surroundings)
      guard !body.allSatisfy(\.isWhitespace) else { throw Refusal.content("the message is empty") }
      return send(body, request, surroundings)
    } catch let refusal as Refusal {
      return explain(refusal, surroundings)
    } catch let exit as CleanExit {
      surroundings.write("\(exit)")
      return .success
    } catch {
      surroundings.complain("msg: \(error)")
      return .internalError
    }
  }

  private static func send(_ body: String, _ request: Request, _ surroundings: Surroundings) -> ExitStatus {
    var report = Report(on: request, to: surroundings)
    do {
      let receipt = try surroundings.sender.send(
        to: [request.recipient], body: body, options: request.options, onChange: { report.tell($0) })
      report.tell(receipt.deliveries)
      return ExitStatus(receipt.deliveries, waited: request.options.wait)
    } catch let error as MessengerError {
      let isUnknownName = error.code == .noSuchRecipient && request.recipient != Messenger.everyone
      surroundings.complain(isUnknownName ? Report.unknown(request.recipient) : "msg: \(error)")
      return ExitStatus(error, body: body)
    } catch {
      surroundings.complain("msg: \(error)")
      return (error as? ClientError).map(ExitStatus.init) ?? .internalError
    }
  }

  private static func explain(_ refusal: Refusal, _ surroundings: Surroundings) -> ExitStatus {
    guard refusal.showsUsage else {
      surroundings.complain("msg: \(refusal.reason)")
      return .usage
    }
    surroundings.complain("Invalid parameter(s)")
    surroundings.complain("msg: \(refusal.reason)")
    surroundings.complain("Usage: \(Options.usageString())")
    surroundings.complain("See: msg --help")
    return .usage
  }
}
