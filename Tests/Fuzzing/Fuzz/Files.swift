import MessengerContract
import GBus

@testable import BridgeService
@testable import MessengerClient
@testable import MessengerService
@testable import MsgCommand

/// A file of recipients. Each name is a part of it, none could be read as something else, and a list of them yields the
/// same list.
func fuzzRecipients(_ input: Input) {
  guard let names = try? RecipientFile.names(in: input.bytes, of: "file") else { return }
  require(!names.isEmpty, "no names and no refusal")
  for name in names {
    require(input.text.holds(name), "\(name) is not in the file")
    let isPlain = name.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "#" }
    require(isPlain && !name.isEmpty && !name.hasPrefix("@"), "no name: \(name.debugDescription)")
  }
  let list = Array(("# names\n" + names.joined(separator: "\n")).utf8)
  guard list.count <= Recipients.maximumFileSize else { return }
  require((try? RecipientFile.names(in: list, of: "list")) == names, "read again, they are others: \(names)")
}

/// A catalog of translations. Each text exists, in that language or in English, and is valid text.
func fuzzCatalog(_ input: Input) {
  guard let catalog = MessageCatalog(input.bytes) else { return }
  for text in PopupText.allCases {
    require(!catalog[text].isEmpty, "\(text) is empty")
    require(catalog[text].utf8.count <= max(input.bytes.count * 3, text.rawValue.utf8.count), "\(text) is made up")
  }
}

/// A message that was put off, as it is on the disk. What is read is written and read again as the same.
func fuzzDeferred(_ input: Input) {
  guard let text = String(validating: input.bytes, as: UTF8.self), let message = KeptMessage(id: 1, text: text) else {
    return
  }
  require(!message.places.isEmpty, "a message to nobody")
  require(KeptMessage(id: 1, text: message.text) == message, "written, it is \(message.text)")
}

/// `--later` and `--until`. Durations are within their bounds, and the end is at most a week away.
func fuzzLater(_ input: Input) {
  if let times = try? LaterTimes(input.text) {
    require(!times.seconds.isEmpty && times.seconds.allSatisfy(LaterRules.choices.contains), "\(times)")
  }
  guard let end = try? EndOfPuttingOff(input.text) else { return }
  let now = 1_795_241_721
  let time = end.time(from: Timestamp(seconds: now))
  require(time > UInt64(now) && time <= UInt64(now) + LaterRules.latestEnd, "\(input.text) is \(time)")
}

/// The lists of hosts. Every host is found by its own name, and the first list is the one without a name.
func fuzzDomains(_ input: Input) {
  guard let list = try? DomainList(input.bytes) else { return }
  for host in list.hosts {
    requireSafe(host)
    require(list.host(named: host.description) != nil, "\(host) is not found by its name")
  }
  if let first = list.hosts.first {
    require((try? list.hosts(of: nil))?.first == first, "the first list is another")
  } else {
    require((try? list.hosts(of: nil)) == nil, "an empty list was found")
  }
}

/// A host. Nothing in it is an option for ssh or special to a shell, and written as a URL it is the same host.
func fuzzHost(_ input: Input) {
  guard let host = try? RemoteHost(input.text) else { return }
  requireSafe(host)
  let address = host.host.contains(":") ? "[\(host.host)]" : host.host
  let url = "ssh://" + (host.user.map { $0 + "@" } ?? "") + address + (host.port.map { ":\($0)" } ?? "")
  let again = require(try? RemoteHost(url), "\(url) is no host, and \(input.text) is one")
  require(
    (again.user, again.host, again.port) == (host.user, host.host, host.port), "\(url) is not what \(input.text) is")
}

private func requireSafe(_ host: RemoteHost) {
  let arguments = host.sshArguments(connectTimeout: .seconds(10))
  require(Array(arguments.suffix(3)) == ["--", host.host, RemoteHost.bridge], "ssh would get \(arguments)")
  for part in [host.host, host.user ?? "me"] {
    require(!part.isEmpty && part.utf8.first != UInt8(ascii: "-"), "ssh would take an option: \(part)")
    require(
      !part.unicodeScalars.contains { $0.properties.isWhitespace || !CharacterPolicy.terminalLine.admits($0) },
      "several words: \(part)")
    require(!part.unicodeScalars.contains { "'`\";&<>|(){}".unicodeScalars.contains($0) }, "a shell's word: \(part)")
  }
  require(!host.host.contains("$"), "a shell's word: \(host.host)")
}

/// msgd.conf. Whatever it contains, every setting stays in its range, and no file changes a setting that it doesn't
/// name.
func fuzzSettings(_ input: Input) {
  let file = KeyFile(String(decoding: input.bytes, as: UTF8.self))
  var settings = Settings()
  _ = settings.take(file)
  for key in Settings.keys {
    let value = settings[keyPath: key.setting]
    require(key.range.contains(value), "\(key.name) is \(value)")
    let isNamed = file.lines.contains {
      if case .entry(key.group, key.name, _) = $0.content { true } else { false }
    }
    require(isNamed || value == Settings()[keyPath: key.setting], "\(key.name) is \(value), unasked")
  }
}

/// logind's schedule. The message is no longer than what was written, and every time has a popup and an end.
func fuzzSchedule(_ input: Input) {
  guard let shutdown = ScheduledShutdown(schedule: input.bytes) else { return }
  // Bytes that are no UTF-8 become three each.
  require(shutdown.wallMessage.utf8.count <= 3 * input.bytes.count, "the message is made up")
  var countdown = ShutdownCountdown()
  let before = LocalClock(now: { 0 }, reading: LocalClock.system.reading)
  let first = countdown.steps(for: shutdown, at: before)
  require(first.count == (shutdown.isAnnounced ? 1 : 0), "\(first)")
  require(ShutdownCountdown.delay(for: shutdown, at: before).map { $0 > .zero } ?? false, "it is never looked at again")
  require(countdown.steps(for: nil, at: before) == (first.isEmpty ? [] : [.withdraw]), "it stays")
}
