internal import GBus
internal import MessengerContract

/// The form of a kept message's file: a key file (GLib's reference, "Key-value file parser") with a group for the
/// message, and one for each reply button, each choice and each delivery that was put off, or one for whom it is held.
extension KeptMessage {
  private static let group = "Message"
  private static let replyGroup = "Reply "
  private static let choiceGroup = "Choice "
  private static let placeGroup = "Delivery "
  private static let holdGroup = "Hold"

  /// The end of the times that are taken for real, in seconds since 1970: the year 36812.
  static let latestTime: UInt64 = 1 << 40

  /// The file's text.
  var text: String {
    var lines = ["[\(Self.group)]"]
    func write(_ key: String, _ value: String?) {
      if let value { lines.append("\(key)=\(Self.escaped(value))") }
    }
    write("Version", Self.version)
    write("Sender", "\(sender)")
    write("Sent", "\(sent)")
    write("SenderName", content.sender)
    write("Relay", content.relay)
    write("Time", content.time)
    write("Title", content.title)
    write("Body", content.body)
    write("Timeout", "\(Settings.seconds(of: content.timeout))")
    write("Urgency", content.urgency.rawValue)
    write("Icon", content.icon)
    write("Window", content.windowUse?.rawValue)
    write("Progress", content.progress.map { "\($0)" })
    write("Later", content.later.map { "\($0.seconds)" }.joined(separator: " "))
    write("Until", "\(content.until)")
    if case .words(let hint) = content.question { write("Ask", hint) }
    for (number, reply) in content.replies.enumerated() {
      lines.append("[\(Self.replyGroup)\(number)]")
      write("Key", reply.key)
      write("Label", reply.label)
    }
    if case .choice(let choices) = content.question {
      for (number, choice) in choices.enumerated() {
        lines.append("[\(Self.choiceGroup)\(number)]")
        write("Label", choice)
      }
    }
    for (number, place) in places.enumerated() {
      lines.append("[\(Self.placeGroup)\(number)]")
      write("Session", place.session)
      write("Created", "\(place.created)")
      write("UID", "\(place.uid)")
      write("User", place.userName)
      write("SessionName", place.sessionName)
      write("Recipient", place.recipient)
      write("Returns", "\(place.returns)")
      write("Deferrals", "\(place.deferrals)")
    }
    if let hold {
      lines.append("[\(Self.holdGroup)]")
      write("Recipient", hold.recipient)
      write("UID", "\(hold.uid)")
      write("Until", "\(hold.until)")
      write("Served", hold.served.sorted().map { "\($0)" }.joined(separator: " "))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Reads a file's text; `nil` if it is of another version, or damaged.
  init?(id: UInt64, text: String) {
    var groups: [(name: String, values: [String: String])] = []
    for line in KeyFile(text).lines {
      switch line.content {
      case .group(let name): groups.append((name, [:]))
      case .entry(_, let key, let value):
        guard let value = Self.unescaped(value), !groups.isEmpty else { return nil }
        groups[groups.count - 1].values[key] = value
      case .mistake: return nil
      }
    }
    guard let first = groups.first, first.name == Self.group, first.values["Version"] == Self.version,
      let sender = first.values["Sender"].flatMap({ UInt32($0) }),
      let sent = first.values["Sent"].flatMap({ UInt64($0) }),
      var content = PopupContent(kept: first.values)
    else { return nil }
    var places: [Place] = []
    var choices: [String] = []
    var hold: HeldPlace?
    for (name, values) in groups.dropFirst() {
      if name.hasPrefix(Self.replyGroup), let key = values["Key"], let label = values["Label"] {
        content.replies.append(Reply(key: key, label: label))
      } else if name.hasPrefix(Self.choiceGroup), let label = values["Label"] {
        choices.append(label)
      } else if name.hasPrefix(Self.placeGroup), let place = Place(values) {
        places.append(place)
      } else if name == Self.holdGroup, let held = HeldPlace(values) {
        hold = held
      } else {
        return nil
      }
    }
    guard !places.isEmpty || hold != nil else { return nil }
    if !choices.isEmpty { content.question = .choice(choices) }
    self.init(id: id, sender: sender, sent: sent, content: content, places: places, hold: hold)
  }

  /// Returns a value as one line that keeps its white space.
  static func escaped(_ value: String) -> String {
    value.unicodeScalars.reduce(into: "") { line, scalar in
      switch scalar {
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      case " " where line.isEmpty || line.hasSuffix("\\s"): line += "\\s"
      default: line.unicodeScalars.append(scalar)
      }
    }
  }

  /// Reads ``escaped(_:)``; `nil` if a backslash has no meaning.
  static func unescaped(_ line: String) -> String? {
    let meanings: [Unicode.Scalar: Unicode.Scalar] = ["\\": "\\", "n": "\n", "r": "\r", "t": "\t", "s": " "]
    var value = String.UnicodeScalarView()
    var scalars = line.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "\\" else {
        value.append(scalar)
        continue
      }
      guard let meaning = scalars.next().flatMap({ meanings[$0] }) else { return nil }
      value.append(meaning)
    }
    return String(value)
  }
}

extension KeptMessage.Place {
  /// More than anybody has put a message off in a week.
  private static let mostDeferrals: UInt32 = 1 << 24

  fileprivate init?(_ values: [String: String]) {
    guard let session = values["Session"], !session.isEmpty, let userName = values["User"],
      let created = values["Created"].flatMap({ UInt64($0) }), let uid = values["UID"].flatMap({ UInt32($0) }),
      let returns = values["Returns"].flatMap({ UInt64($0) }), returns < KeptMessage.latestTime,
      let deferrals = values["Deferrals"].flatMap({ UInt32($0) }), deferrals <= Self.mostDeferrals
    else { return nil }
    self.init(
      session: session, created: created, uid: uid, userName: userName, sessionName: values["SessionName"],
      recipient: values["Recipient"], returns: returns, deferrals: deferrals)
  }
}

extension KeptMessage.HeldPlace {
  fileprivate init?(_ values: [String: String]) {
    guard let recipient = values["Recipient"], !recipient.isEmpty, let uid = values["UID"].flatMap({ UInt32($0) }),
      let until = values["Until"].flatMap({ UInt64($0) }), until < KeptMessage.latestTime, let served = values["Served"]
    else { return nil }
    let uids = served.split(separator: " ").map { UInt32($0) }
    guard !uids.contains(nil) else { return nil }
    self.init(recipient: recipient, uid: uid, until: until, served: Set(uids.compactMap(\.self)))
  }
}

extension PopupContent {
  fileprivate init?(kept values: [String: String]) {
    guard let title = values["Title"], let body = values["Body"], let sender = values["SenderName"],
      let time = values["Time"], let timeout = values["Timeout"].flatMap({ UInt32($0) }),
      let urgency = values["Urgency"].flatMap({ Urgency(rawValue: $0) }), let icon = values["Icon"],
      let later = values["Later"], let until = values["Until"].flatMap({ UInt64($0) })
    else { return nil }
    let choices = later.split(separator: " ").map { UInt32($0) }
    guard choices.allSatisfy({ $0.map(LaterRules.choices.contains) ?? false }) else { return nil }
    self.init(
      title: title, body: body, timeout: Settings.stay(seconds: timeout), urgency: urgency, icon: icon, replies: [],
      later: choices.compactMap(\.self).map(LaterChoice.init(seconds:)), until: until, sender: sender,
      relay: values["Relay"],
      time: time,
      progress: values["Progress"].flatMap { UInt32($0) }.map { min($0, 100) },
      question: values["Ask"].map(Question.words), windowUse: values["Window"].flatMap(WindowUse.init))
  }
}
