internal import Glibc

/// A pipe that brings what a program prints, up to a limit. The program may be hostile, and it may give the other end
/// to others: reading never blocks, and stops at the limit.
///
/// ``close()`` must be called when the output no longer matters.
@MainLoop
public final class OutputPipe {
  /// Called once, if more comes than the limit.
  public var onExcess: (@MainLoop () -> Void)?

  /// What has come so far, up to the limit.
  public private(set) var output: [UInt8] = []
  private let limit: Int
  private var reader: Descriptor?
  private var writer: Descriptor?

  /// Makes a pipe.
  ///
  /// - Parameter limit: the most bytes that are taken.
  /// - Throws: ``BusError/local(_:)`` if the process can have no more descriptors.
  public init(limit: Int) throws {
    self.limit = limit
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Self.failure() }
    let (reader, writer) = (Descriptor(taking: ends[0]), Descriptor(taking: ends[1]))
    // The writer stays as programs expect it, which is blocking.
    guard fcntl(reader.number, F_SETFD, FD_CLOEXEC) == 0, fcntl(writer.number, F_SETFD, FD_CLOEXEC) == 0,
      fcntl(reader.number, F_SETFL, O_NONBLOCK) == 0,
      DescriptorWatcher.shared.watch(reader.number, for: .readable, { [weak self] _ in self?.read() })
    else { throw Self.failure() }
    (self.reader, self.writer) = (reader, writer)
  }

  private static func failure() -> BusError { .local("can't make a pipe: \(String(cString: strerror(errno)))") }

  /// Returns the end that the program gets. May be called once: this process keeps none, so that the output can end.
  public func takeWriter() -> Descriptor? {
    defer { writer = nil }
    return writer
  }

  /// Reads what has come until now, as after the end of the program.
  ///
  /// - Returns: all output; `nil` if it is more than the limit, or was when ``close()`` was called.
  public func drain() -> [UInt8]? {
    while read() {}
    return output.count > limit ? nil : output
  }

  /// Stops reading.
  public func close() {
    guard let reader else { return }
    DescriptorWatcher.shared.forget(reader.number)
    (self.reader, writer) = (nil, nil)
  }

  /// Reads once.
  ///
  /// - Returns: whether there may be more.
  @discardableResult
  private func read() -> Bool {
    guard let reader else { return false }
    var buffer = [UInt8](repeating: 0, count: limit + 1 - output.count)
    let count = Glibc.read(reader.number, &buffer, buffer.count)
    if count < 0, errno == EINTR { return true }
    if count < 0, errno == EAGAIN { return false }
    guard count > 0 else {
      close()
      return false
    }
    output += buffer.prefix(count)
    guard output.count > limit else { return true }
    close()
    let action = onExcess
    onExcess = nil
    action?()
    return false
  }
}
