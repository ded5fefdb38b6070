internal import GBus
internal import MessengerContract

/// A message in a ``CombinedPopup``, or on its way there.
@MainLoop
final class CombinedPart {
  /// What it says.
  var content: PopupContent { didSet { version += 1 } }
  /// How often that has changed.
  private(set) var version = 0
  let origin: CombinedPopup.Origin
  /// Its popup, once it is held.
  private(set) var popup: Popup?
  /// Whether it has ended.
  var isGone = false

  private var arrived: Result<Popup?, any Error>?
  private var waiter: CheckedContinuation<Popup?, any Error>?
  private var timer: Timer?

  init(_ content: PopupContent, _ origin: CombinedPopup.Origin) {
    self.content = content
    self.origin = origin
  }

  /// A message as it was when the server was told to show it.
  struct Snapshot {
    let part: CombinedPart
    let version: Int
    let textVersion: Int
  }

  /// The message as it is now.
  var snapshot: Snapshot { Snapshot(part: self, version: version, textVersion: content.textVersion) }

  /// The rest of its time; `nil` = it stays until it is answered.
  var rest: Duration? { popup.map(\.rest) ?? content.timeout }

  /// Waits until it is held. May be called once.
  ///
  /// - Returns: its popup; `nil` if it is to be shown by another combined popup.
  /// - Throws: what kept it away; `BusError.timedOut` at the deadline.
  func arrival(by deadline: Deadline) async throws -> Popup? {
    if let arrived { return try arrived.get() }
    timer = Timer(at: deadline) { [weak self] in self?.fail(BusError.timedOut) }
    return try await withCheckedThrowingContinuation { waiter = $0 }
  }

  /// Notes that it is held.
  ///
  /// - Parameter popup: its popup; `nil` if another combined popup is to show it.
  func arrive(as popup: Popup?) {
    guard arrived == nil else { return }
    self.popup = popup
    if popup == nil { isGone = true }
    end(.success(popup))
  }

  /// Notes that it will not be held.
  func fail(_ error: any Error) {
    guard arrived == nil else { return }
    isGone = true
    end(.failure(error))
  }

  private func end(_ result: Result<Popup?, any Error>) {
    arrived = result
    timer?.cancel()
    waiter?.resume(with: result)
    waiter = nil
  }
}
