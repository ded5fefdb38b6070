import MessengerClient
import MessengerContract
import Platform

/// Sends one message to the users of one machine or several.
struct MessageSender {
  private let request: Request
  private let body: String
  private let surroundings: Surroundings
  private let report: (RemoteHost?) -> any Report
  private let isNetSend: Bool
  /// Whether it is reported in the words of msg.
  private let hasOwnReport: Bool

  /// Where the message goes.
  private enum Target: Sendable {
    case service(any ServiceClient)
    case fleet(FleetTarget)
  }

  /// A report from one machine.
  private enum News: Sendable {
    case change(DeliveryChanges)
    case answer(Receipt)
    case error(any Error)
    /// What msg-fleet says of a fleet.
    case fleet(FleetEvent)
    /// msg-fleet has ended, perhaps with an error.
    case fleetEnd(MessengerError?)

    /// Counts it for the line that is shown meanwhile.
    func note(in count: inout WaitingCount, on machine: Int, at now: Deadline) {
      switch self {
      case .change(let change): count.note(change.deliveries, on: machine, at: now)
      case .answer(let receipt):
        count.note(receipt.deliveries, on: machine, at: now)
        count.end(machine)
      case .error, .fleetEnd: count.end(machine)
      case .fleet: break
      }
    }
  }

  /// Reads the message from standard input if the request has none.
  ///
  /// - Parameters:
  ///   - request: the message to send.
  ///   - surroundings: where the message is read and the report is written.
  ///   - isNetSend: whether fleets are reported in the words of net send.
  ///   - report: makes the report on a machine, which is nil for this one. By default, the request's own report.
  /// - Throws: an ``InputError`` if the message is empty or can't be read.
  init(
    _ request: Request, in surroundings: Surroundings, isNetSend: Bool = false,
    report: ((RemoteHost?) -> any Report)? = nil
  ) throws {
    self.request = request
    self.isNetSend = isNetSend
    self.surroundings = surroundings
    hasOwnReport = report == nil
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
    var fleetReports = request.fleets.map {
      FleetReport(on: $0, of: request, isNetSend: isNetSend, to: surroundings)
    }
    let targets = services.map(Target.service) + request.fleets.map(Target.fleet)
    var statuses = targets.map { _ in ExitStatus.internalError }
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
    ConcurrentCalls.run(targets, work: work) { index, news in
      line?.pause()
      switch news {
      case .change(let change):
        if !isKnown { prepareInterrupt(of: "\(change.messageID)") }
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
        tellHint(on: error, from: request.hosts[index], services[index])
        statuses[index] = ExitStatus(error, sending: body, by: services[index])
      case .fleet(let event):
        if case .sent(let id, _) = event {
          prepareInterrupt(of: id)
          noteSent()
        }
        fleetReports[index - services.count].tell(event)
      case .fleetEnd(let error):
        statuses[index] = fleetReports[index - services.count].end(error)
      }
      line?.resume { count, now in
        news.note(in: &count, on: index, at: now)
        if case .fleet = news { count.note(fleetReports[index - services.count].count, on: index) }
      }
    }
    line?.end()
    do { try progress?.readToEnd() } catch {
      let reason = (error as? InputError)?.reason ?? "\(error)"
      surroundings.complainByName("the progress was not shown to the end: \(reason)")
      statuses.append(ExitStatus(error))
    }
    return ExitStatus(statuses)
  }

  /// Says what helps, unless that would be nothing for net send, or a program reads the report.
  private func tellHint(on error: any Error, from host: RemoteHost?, _ service: any ServiceClient) {
    guard hasOwnReport, request.output == .failures || request.output == .everything,
      let hint = TerminalHint(on: error, to: request, by: service)
    else { return }
    let prefix = request.hasOneTarget ? nil : host.map { "\($0): " }
    surroundings.complainByName((prefix ?? "") + hint.line)
  }

  private func noteSent() { surroundings.output.done = "the message was sent" }

  /// Sets the line that Ctrl-C prints while `/W` waits: the message still stands, and how to withdraw it.
  ///
  /// - Parameter id: the message's id. Nil if it isn't known yet.
  private func prepareInterrupt(of id: String?) {
    guard request.options.wait else { return }
    var interruptLine = "no longer waiting; nothing is withdrawn"
    if id == nil, request.hosts.isEmpty {
      interruptLine = "ended before the broker had answered; the message may have been sent"
    }
    if let id, request.hasOneTarget {
      let target = request.fleets.first?.description ?? request.hosts[0]?.description
      interruptLine += ", which takes: msg --withdraw \(id)" + (target.map { " /SERVER:\($0)" } ?? "")
    }
    surroundings.onInterrupt(interruptLine)
  }

  private var work: @Sendable (Target, (News) -> Void) -> Void {
    { [request, body, command = surroundings.fleetCommand] target, tell in
      switch target {
      case .service(let service):
        do {
          let receipt = try service.send(to: request.recipients, body: body, options: request.options) {
            tell(.change($0))
          }
          tell(.answer(receipt))
        } catch {
          tell(.error(error))
        }
      case .fleet(let fleet):
        let call = FleetCall(
          target: fleet, connectTimeout: request.connectTimeout,
          verb: .send(recipients: request.recipients, body: body, options: request.options))
        do throws(MessengerError) {
          try FleetProcess.run(call, by: command) { tell(.fleet($0)) }
          tell(.fleetEnd(nil))
        } catch {
          tell(.fleetEnd(error))
        }
      }
    }
  }
}
