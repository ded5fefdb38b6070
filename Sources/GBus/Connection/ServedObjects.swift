/// What may be called on a connection, by whom, and what is being answered.
struct ServedObjects {
  var rules = CallRules()
  /// The objects that are exported, and those above them, by their paths.
  private var objects: [String: ServedObject] = [:]
  /// Calls of those who aren't known yet.
  var pendingCalls = PendingCalls()
  /// How many calls are being answered.
  var running = 0
  /// Called with the next answer, or when the connection ends.
  var onAnswer: [@MainLoop () -> Void] = []

  /// Makes an interface callable.
  ///
  /// - Throws: ``BusError/local(_:)`` where the path is none, the interface is there already, or its XML doesn't
  ///   describe it.
  mutating func add(_ interface: ExportedInterface, at path: String) throws {
    try Value.objectPath(path).validate()
    var object = objects[path] ?? ServedObject()
    guard !object.has(interface.name) else { throw BusError.local("\(path) has \(interface.name) already") }
    try object.add(interface)
    objects[path] = object
    announce(path)
  }

  /// The method that a call means.
  func method(_ name: String, of interface: String?, at path: String) throws(CallFault) -> ServedMethod {
    if let object = objects[path] { return try object.method(name, of: interface) }
    guard interface == ServedObject.peer else { throw .unknownObject(path) }
    return try ServedObject().method(name, of: interface)
  }

  /// Lets the objects above a path tell of it.
  private mutating func announce(_ path: String) {
    var names = path.split(separator: "/").map(String.init)
    while let child = names.popLast() {
      objects["/" + names.joined(separator: "/"), default: ServedObject()].children.insert(child)
    }
  }
}
