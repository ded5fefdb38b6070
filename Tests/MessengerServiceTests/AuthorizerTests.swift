import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// The service's conclusions from polkit's answers.
struct AuthorizerTests {
  /// A question to polkit.
  private struct Question: Equatable {
    let action: PolkitAction
    let caller: Caller
    let details: [String: String]
  }

  private static let root = Caller(busName: ":1.1", uid: 0, allowsInteraction: true)
  private static let ann = Caller(busName: ":1.2", uid: 1, allowsInteraction: true)

  /// Calls `body` with an authorizer for which polkit gives this answer, and returns the questions to polkit.
  private static func judging(
    _ answer: PolkitAnswer, _ body: @MainLoop (Authorizer) async throws -> Void
  ) async throws -> [Question] {
    try await judging(by: { _ in answer }, body)
  }

  /// The same, with an answer from polkit for each question.
  private static func judging(
    by answer: @escaping @MainLoop (Question) -> PolkitAnswer, _ body: @MainLoop (Authorizer) async throws -> Void
  ) async throws -> [Question] {
    try await MainLoop.test {
      let asked = Recorder<Question>()
      let authorizer = Authorizer { action, caller, details in
        let question = Question(action: action, caller: caller, details: details)
        asked.record(question)
        return answer(question)
      }
      try await body(authorizer)
      return asked.elements
    }
  }

  private static func reach(_ recipients: String...) -> AuthorizationScope {
    AuthorizationScope(of: recipients, by: ann, named: "ann", ownSessions: [])
  }

  @Test(arguments: [["*"], ["ann"], ["group:none"]]) func rootIsNotAskedAbout(_ recipients: [String]) async throws {
    let asked = try await Self.judging(.no) { authorizer in
      let audience = try await authorizer.authorize(
        Self.root, named: "root", toMessage: AuthorizationScope(ofRoot: recipients)
      ) {
        Issue.record("there is nobody whom root may not reach")
        return .everybody
      }
      #expect(audience == .everybody)
      #expect(await authorizer.isShownAllSessions(Self.root))
      #expect(await authorizer.overridesMute(Self.root))
      try await authorizer.authorize(Self.root, toManage: 5, of: Self.ann)
    }
    #expect(asked.isEmpty)
  }

  /// Asks whether ann may send to these recipients. The meaning of the words is looked up on the way, if at all.
  private static func authorize(
    _ authorizer: Authorizer, _ reach: AuthorizationScope, meaning: Audience? = nil
  ) async throws -> Audience {
    try await authorizer.authorize(ann, named: "ann", toMessage: reach) {
      if let meaning { return meaning }
      Issue.record("somebody is looked for")
      return reach.anybody
    }
  }

  private static func audience(_ action: PolkitAction, _ names: String...) -> Audience {
    Audience(action: action, names: Set(names), sender: Audience.User(uid: 1, name: "ann"))
  }

  private static func question(
    _ action: PolkitAction, _ recipients: String, _ words: String, mayAsk: Bool = true
  ) -> Question {
    Question(
      action: action, caller: mayAsk ? ann : ann.unasked, details: ["recipients": recipients, "words": words])
  }

  private static let sight = Question(action: .sendUser, caller: ann.unasked, details: [:])

  @Test(
    arguments: [
      (reach("bob", "ann"), .sendUser, "bob", "bob"),
      (reach("user:bob<"), .sendUser, "bob<", "user:bob�"), (reach("bob", "cid"), .broadcast, "bob, cid", "bob, cid"),
    ] as [(AuthorizationScope, PolkitAction, String, String)])
  func ofNamesPolkitIsAskedOnce(
    _ reach: AuthorizationScope, _ action: PolkitAction, _ recipients: String, _ words: String
  ) async throws {
    let asked = try await Self.judging(.yes) {
      let audience = try await Self.authorize($0, reach)
      #expect(audience == reach.audience)
    }
    #expect(asked == [Self.question(action, recipients, words)])
  }

  /// A sender who reaches nobody else may send, whatever polkit would say.
  @Test func ofOwnSessionsPolkitIsNotAsked() async throws {
    let reach = Self.reach("ann")
    let asked = try await Self.judging(.no) {
      let audience = try await Self.authorize($0, reach)
      #expect(audience == reach.audience)
    }
    #expect(asked == [])
  }

  @Test func whoMaySeeEverybodyIsJudgedByWhoIsReached() async throws {
    let meant = Self.audience(.broadcast, "bob", "cid")
    let asked = try await Self.judging(.yes) {
      let audience = try await Self.authorize($0, Self.reach("seat1"), meaning: meant)
      #expect(audience == meant)
    }
    #expect(asked == [Self.sight, Self.question(.broadcast, "bob, cid", "seat1")])
    _ = try await Self.judging(by: { $0 == Self.sight ? .yes : .no }) { authorizer in
      await #expect(
        throws: MessengerError(.notAuthorized, "ann may not message seat1: polkit refuses org.msgd.broadcast")
      ) {
        _ = try await Self.authorize(authorizer, Self.reach("seat1"), meaning: meant)
      }
    }
  }

  @Test(arguments: [.no, .unasked, .dismissed, .failed, .crowded, .absent, .trouble("")] as [PolkitAnswer])
  func whoMayNotIsToldNothingOfWhoIsReached(_ answer: PolkitAnswer) async throws {
    let asked = try await Self.judging(answer) { authorizer in
      await #expect(throws: MessengerError.self) { _ = try await Self.authorize(authorizer, Self.reach("id:3")) }
    }
    #expect(asked == [Self.sight, Self.question(.broadcast, "*", "id:3")])
  }

  /// A sender who may send to everybody may send to these users, unless a rule forbids one of them.
  @Test(arguments: [(.yes, true), (.unasked, true), (.no, false), (.absent, false)] as [(PolkitAnswer, Bool)])
  func whoMaySendToEverybodyIsJudgedAgain(_ answer: PolkitAnswer, _ isAllowed: Bool) async throws {
    let meant = Self.audience(.sendUser, "boss")
    let asked = try await Self.judging { question in
      question == Self.sight ? .unasked : question.details["recipients"] == "*" ? .yes : answer
    } _: { authorizer in
      let audience = try? await Self.authorize(authorizer, Self.reach("id:3"), meaning: meant)
      #expect(audience == (isAllowed ? meant : nil))
    }
    #expect(
      asked == [
        Self.sight, Self.question(.broadcast, "*", "id:3"), Self.question(.sendUser, "boss", "id:3", mayAsk: false),
      ])
  }

  @Test(arguments: [(.yes, true), (.no, false), (.unasked, false), (.absent, false)] as [(PolkitAnswer, Bool)])
  func whoMayMessageEveryoneDisturbs(_ answer: PolkitAnswer, _ disturbs: Bool) async throws {
    let questions = try await Self.judging(answer) { authorizer in
      var ann = Self.ann
      ann.allowsInteraction = true
      #expect(await authorizer.disturbs(ann) == disturbs)
      #expect(await authorizer.disturbs(Caller(busName: ":1.0", uid: 0)))
    }
    #expect(questions.map(\.action) == [.broadcast])
  }

  @Test(
    arguments: [
      (.no, "polkit refuses org.msgd.send-user"),
      (
        .unasked,
        "polkit wants a password for org.msgd.send-user, and nobody could be asked: use a terminal, or be root"
      ),
      (.crowded, "too many dialogues ask for a password already: answer those, or try again later"),
      (.dismissed, "the dialogue for org.msgd.send-user was dismissed"),
      (.failed, "the authentication for org.msgd.send-user failed"),
      (.unanswered, "nobody answered the dialogue for org.msgd.send-user"),
      (.absent, "polkit is not running, and without it only root may"),
      (.trouble("why"), "polkit can't decide on org.msgd.send-user: why (see: systemctl status polkit)"),
    ] as [(PolkitAnswer, String)])
  func refusalSaysWhy(_ answer: PolkitAnswer, _ reason: String) async throws {
    _ = try await Self.judging(answer) { authorizer in
      await #expect(throws: MessengerError(.notAuthorized, "ann may not message bob: \(reason)")) {
        _ = try await Self.authorize(authorizer, Self.reach("bob", "ann"))
      }
    }
  }

  @Test func refusalDiffersByTheWordsAlone() async throws {
    for (recipients, text) in [("*", "everyone"), ("group:staff", "group:staff"), ("nobody-at-all", "nobody-at-all")] {
      let action = recipients.hasPrefix("nobody") ? "send-user" : "broadcast"
      _ = try await Self.judging(.no) { authorizer in
        let refusal = MessengerError(.notAuthorized, "ann may not message \(text): polkit refuses org.msgd.\(action)")
        await #expect(throws: refusal) {
          _ = try await Self.authorize(authorizer, Self.reach(recipients))
        }
      }
    }
  }

  @Test(arguments: [(.yes, true), (.absent, false), (.no, false), (.unasked, false)] as [(PolkitAnswer, Bool)])
  func sessionsAreShownWithoutADialogue(_ answer: PolkitAnswer, _ isShownAll: Bool) async throws {
    let asked = try await Self.judging(answer) { #expect(await $0.isShownAllSessions(Self.ann) == isShownAll) }
    #expect(asked == [Question(action: .sendUser, caller: Caller(busName: ":1.2", uid: 1), details: [:])])
  }

  @Test(arguments: [(.yes, true), (.absent, false), (.no, false), (.unasked, false)] as [(PolkitAnswer, Bool)])
  func mutesAreOverriddenWithoutADialogue(_ answer: PolkitAnswer, _ passes: Bool) async throws {
    let asked = try await Self.judging(answer) { #expect(await $0.overridesMute(Self.ann) == passes) }
    #expect(asked == [Question(action: .overrideMute, caller: Caller(busName: ":1.2", uid: 1), details: [:])])
  }

  @Test(arguments: [1, 2, nil] as [UInt32?]) func ownMessagesNeedNoLeave(_ sender: UInt32?) async throws {
    let sender = sender.map { Caller(busName: ":1.7", uid: $0) }
    let asked = try await Self.judging(.no) { authorizer in
      guard sender?.uid != 1 else { return try await authorizer.authorize(Self.ann, toManage: 5, of: sender) }
      await #expect(throws: MessengerError.noSuchMessage(5)) {
        try await authorizer.authorize(Self.ann, toManage: 5, of: sender)
      }
    }
    // For a message that doesn't exist, polkit is asked as for another user's.
    let question = Question(action: .manage, caller: Self.ann, details: ["message": "5"])
    #expect(asked == (sender?.uid == 1 ? [] : [question]))
  }

  @Test func othersMessagesWithLeave() async throws {
    _ = try await Self.judging(.yes) { authorizer in
      try await authorizer.authorize(Self.ann, toManage: 5, of: Caller(busName: ":1.7", uid: 2))
    }
  }

  /// A caller who may not send on somebody's behalf has nobody looked up.
  @Test func sendingOnSomebodysBehalfNeedsItsOwnPermissionAlone() async throws {
    let someone = Audience(action: .sendUser, names: ["bob"], sender: nil)
    let asked = try await Self.judging(.yes) { authorizer in
      let audience = try await authorizer.authorize(
        Self.ann, named: "ann", onBehalfOf: "help@office", toMessage: AuthorizationScope(ofRoot: ["bob"])
      ) { someone }
      #expect(audience == someone)
    }
    #expect(
      asked.map(\.details) == [
        ["origin": "help@office"], ["origin": "help@office", "recipients": "bob", "words": "bob"],
      ])
    #expect(asked.allSatisfy { $0.action == .relay && !$0.caller.allowsInteraction })
    _ = try await Self.judging(.no) { authorizer in
      await #expect(
        throws: MessengerError(
          .notAuthorized, "ann may not send on behalf of help@office: polkit refuses org.msgd.relay")
      ) {
        try await authorizer.authorize(
          Self.ann, named: "ann", onBehalfOf: "help@office", toMessage: AuthorizationScope(ofRoot: ["bob"])
        ) {
          Issue.record("nobody is to be looked up")
          return someone
        }
      }
    }
  }
}
