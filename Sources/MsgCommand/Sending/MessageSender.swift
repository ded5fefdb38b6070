import MessengerClient
import MessengerContract
import Platform

/// Sends one message to the users of one machine or several.
struct MessageSender {
  private let request: Request
  private let body: String
  private let surroundings: Surroundings
  private let report: (RemoteHost?) -> any Report

  /// A report from one machine.
  private enum News: Sendable {
    case change(DeliveryChanges)
    case answer(Receipt)
    case error(any Error)

    /// Counts it for the line that is shown meanwhile.
    func note(in count: inout WaitingCount, on machine: Int, at now: Deadline) {
      switch self {
      case .change(let change): count.note(change.deliveries, on: machine, at: now)
      case .answer(let receipt):
        count.note(receipt.deliveries, on: machine, at: now)
        count.end(machine)
      case .error: count.end(machine)
      }
    }
  }

  /// Reads the message from standard input if the request has none.
  ///
  /// - Parameters:
  ///   - request: the message to send.
  ///   - surroundings: where the message is read and the report is written.
  ///   - report: makes the report on a machine, which is nil for this one. By default, the request's own report.
  /// - Throws: an ``InputError`` if the message is empty or can't be read.
  init(
    _ request: Request, in surroundings: Surroundings, report: ((RemoteHost?) -> any Report)? = nil
  ) throws {
    self.request = request
    self.surroundings = surroundings
    self.report = report ?? { request.report(on: $0, to: surroundings) }
    body = try request.message ?? MessageInput.read(from: surroundings)
    guard !body.allSatisfy(\.isWhitespace) else { throw InputError.content("the message is empty") }
  }

  /// Sends it to all machines at the same time, reports the results, and returns the exit status.
  func run() -> ExitStatus {
    let services = request.hosts.map {
      surroundings.service($0, request.connectTimeout, asksPassword: request.asksPassword)
    }
    var reports = request.hosts.map(report)
    var statuses = services.map { _ in ExitStatus.internalError }
    var isKnown = false
    let line = request.waitingLine(in: surroundings)
    let progress = request.readsProgress ? ProgressInput(surroundings) : nil
    var hasProgress = services.map { _ in false }
    func showProgress(_ index: Int, _ id: UInt64, _ deliveries: [Delivery]) {
      guard let progress, !hasProgress[index] else { return }
      hasProgress[index] = true
      let timeout = deliveries.compactMap(\.details.timeout).first ?? Messenger.defaultTimeout
      progress.show(at: services[index], message: id, timeout: timeout)
    }
    prepareInterrupt(of: nil)
    ConcurrentCalls.run(services, work: work) { index, news in
      line?.pause()
      switch news {
      case .change(let change):
        if !isKnown { prepareInterrupt(of: change.messageID) }
        reports[index].tell(id: change.messageID)
        isKnown = true
        noteSent()
        showProgress(index, change.messageID, change.deliveries)
        for delivery in change.deliveries { reports[index].tell(changed: delivery) }
      case .answer(let receipt):
        noteSent()
        showProgress(index, receipt.id, receipt.deliveries)
        reports[index].tell(receipt)
        statuses[index] = ExitStatus(receipt.deliveries, waited: request.options.wait)
      case .error(let error):
        reports[index].tell(error)
        statuses[index] = ExitStatus(error, sending: body, by: services[index])
      }
      line?.resume { count, now in news.note(in: &count, on: index, at: now) }
    }
    line?.end()
    do { try progress?.readToEnd() } catch {
      let reason = (error as? InputError)?.reason ?? "\(error)"
      surroundings.complainByName("the progress was not shown to the end: \(reason)")
      statuses.append(ExitStatus(error))
    }
    return ExitStatus(statuses)
  }

  private func noteSent() { surroundings.output.done = "the message was sent" }

  /// Sets the line that Ctrl-C prints while `/W` waits: the message still stands, and how to withdraw it.
  ///
  /// - Parameter id: the message's id. Nil if it isn't known yet.
  private func prepareInterrupt(of id: UInt64?) {
    guard request.options.wait else { return }
    var interruptLine = "no longer waiting; nothing is withdrawn"
    if let id, request.hosts.count == 1 {
      interruptLine += ", which takes: msg --withdraw \(id)" + (request.hosts[0].map { " /SERVER:\($0)" } ?? "")
    }
    surroundings.onInterrupt(interruptLine)
  }

  private var work: @Sendable (any ServiceClient, (News) -> Void) -> Void {
    { [request, body] service, tell in
      do {
        let receipt = try service.send(to: request.recipients, body: body, options: request.options) {
          tell(.change($0))
        }
        tell(.answer(receipt))
      } catch {
        tell(.error(error))
      }
    }
  }
}
