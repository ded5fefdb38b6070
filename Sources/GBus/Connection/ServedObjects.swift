/// The exported objects of a connection, the rules for calling them, and the calls that are being answered.
struct ServedObjects {
  var rules = CallRules()
  /// The exported objects and the objects above them, by path.
  private var objects: [String: ServedObject] = [:]
  /// The calls of callers who aren't known yet.
  var pendingCalls = PendingCalls()
  /// How many calls are being answered.
  var running = 0
  /// Called with the next answer, or when the connection ends.
  var onAnswer: [@MainLoop () -> Void] = []

  /// Makes an interface callable.
  ///
  /// - Throws: ``BusError/local(_:)`` if the path is invalid, the interface exists already, or its XML doesn't describe
  ///   it.
  mutating func add(_ interface: ExportedInterface, at path: String) throws {
    try Value.objectPath(path).validate()
    var object = objects[path] ?? ServedObject()
    guard !object.has(interface.name) else { throw BusError.local("\(path) has \(interface.name) already") }
    try object.add(interface)
    objects[path] = object
    announce(path)
  }

  /// Returns the method that a call means.
  func method(_ name: String, of interface: String?, at path: String) throws(CallFault) -> ServedMethod {
    if let object = objects[path] { return try object.method(name, of: interface) }
    guard interface == ServedObject.peer else { throw .unknownObject(path) }
    return try ServedObject().method(name, of: interface)
  }

  /// Adds a path to the introspection of the objects above it.
  private mutating func announce(_ path: String) {
    var names = path.split(separator: "/").map(String.init)
    while let child = names.popLast() {
      objects["/" + names.joined(separator: "/"), default: ServedObject()].children.insert(child)
    }
  }
}
