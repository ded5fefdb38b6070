internal import GBus
internal import MessengerContract

// What popups ask of the server.
extension Notifier: CombinedPopupServer {
  var quirks: NotificationServerQuirks { server.quirks }

  func raise(
    _ content: PopupContent, by calls: NotifyCalls, deadline: Deadline, prepare: @MainLoop (Popup) -> Void
  ) async throws -> Popup {
    try await show(content, by: calls, settlingDelay: .zero, deadline: deadline, prepare: prepare)
  }

  func silence() async -> any Error { await server.silence() }
}

extension Notifier: PopupHost {
  func close(_ popup: Popup, deadline: Deadline, done: @escaping @MainLoop () -> Void) {
    hide(popup)
    connection.request(Self.remote, "CloseNotification", [.uint32(popup.id)], deadline: deadline, done: done)
  }

  func post(closing id: UInt32) { connection.post(Self.remote, "CloseNotification", [.uint32(id)]) }

  func hide(_ popup: Popup) {
    let quirks = server.quirks
    guard quirks.leavesClosedPopups else { return }
    connection.post(
      Self.remote, "Notify",
      popup.content.notifyArguments(capabilities: [], quirks: quirks, replacing: popup.id, for: .milliseconds(1))
    )
  }

  func fit(_ content: PopupContent, instead old: PopupContent) -> PopupContent {
    texts.leave(old)
    return texts.enter(content.fitted(to: server.quirks, capabilities: server.capabilities))
  }

  func renew(_ popup: Popup) {
    MainLoop.task {
      let id = await self.raiseAgain(popup, within: Self.lateAnswerTimeout)
      if popup.outcome != nil {
        // The popup has been closed meanwhile, and this call has raised it again.
        self.post(closing: id ?? popup.id)
      } else if let id, id != popup.id {
        // The server no longer had the popup, though it never said so, and this call has raised another one.
        self.post(closing: id)
        popup.handle(.closed(4))
      }
    }
  }

  func forget(_ popup: Popup) {
    popups.remove(popup)
    texts.leave(popup.content)
  }

  func replace(
    _ popup: Popup, by whole: WholeText, closesBy: Deadline?, onEnd: @escaping @MainLoop (PopupVerdict.Event) -> Void
  ) -> (any PopupWindow)? {
    // Some servers leave the popup standing after a button.
    post(closing: popup.id)
    popups.detach(popup)
    if let windows {
      return windows.open(whole.window, closesBy: closesBy) { end in
        switch (end, whole.window.kind) {
        case (.chosen(let number), .list(let answers)): onEnd(.answered(Answer(answers[number])))
        case (.typed(let answer), _): onEnd(.answered(answer))
        case (.chosen, _): onEnd(.windowClosed)
        case (.closed, _): onEnd(.windowVanished)
        case (.failed(let reason), _): onEnd(.windowFailed(reason))
        }
      }
    }
    onEnd(.windowFailed("there is no service manager of the user's"))
    return nil
  }
}
