extension MainLoop {
  /// Does something with each of some items, with all of them at the same time. The first one, which is usually the
  /// only one, needs no task of its own.
  ///
  /// - Parameters:
  ///   - items: the items.
  ///   - body: called with each item.
  /// - Returns: the results of `body`, in the items' order, when all are done.
  @MainLoop @discardableResult
  public static func concurrently<Item: Sendable, Result: Sendable>(
    _ items: [Item], _ body: @escaping @MainLoop @Sendable (Item) async -> Result
  ) async -> [Result] {
    guard let first = items.first else { return [] }
    let others = items.dropFirst().map { item in task { await body(item) } }
    var results = [await body(first)]
    for other in others { results.append(await other.value) }
    return results
  }
}
