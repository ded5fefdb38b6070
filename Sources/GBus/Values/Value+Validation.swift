internal import CGIO

extension Value {
  /// Checks for values that GLib would answer with a null pointer, or cut short at a zero.
  ///
  /// - Throws: ``BusError/local(_:)`` if D-Bus can't carry the value.
  func validate() throws {
    switch self {
    case .string(let text): try Self.require(!text.utf8.contains(0), "a string has a zero in it")
    case .objectPath(let path): try Self.require(Self.isObjectPath(path), "no object path: \(path)")
    case .signature(let text): try Self.require(g_variant_is_signature(text) != 0, "no signature: \(text)")
    case .variant(let value): try value.validate()
    case .array(let element, let elements): try Self.validate(elements, areOf: element)
    case .structure(let members): try Self.validate(members: members)
    case .entry(let key, let value):
      try Self.require(key.isBasic, "the key of an entry is a container")
      try key.validate()
      try value.validate()
    default: break
    }
  }

  /// The D-Bus signature of the value.
  var typeString: String {
    switch self {
    case .byte: "y"
    case .boolean: "b"
    case .int16: "n"
    case .uint16: "q"
    case .int32: "i"
    case .uint32: "u"
    case .int64: "x"
    case .uint64: "t"
    case .double: "d"
    case .string: "s"
    case .objectPath: "o"
    case .signature: "g"
    case .handle: "h"
    case .variant: "v"
    case .array(let element, _): "a" + element
    case .structure(let members): "(" + members.map(\.typeString).joined() + ")"
    case .entry(let key, let value): "{" + key.typeString + value.typeString + "}"
    }
  }

  private var isBasic: Bool {
    switch self {
    case .variant, .array, .structure, .entry: false
    default: true
    }
  }

  private static func isObjectPath(_ path: String) -> Bool {
    !path.utf8.contains(0) && g_variant_is_object_path(path) != 0
  }

  private static func validate(_ elements: [Value], areOf element: String) throws {
    let isType = g_variant_is_signature(element) != 0 && g_variant_type_string_is_valid(element) != 0
    try require(isType, "no type of one element: \(element)")
    for value in elements {
      try require(value.typeString == element, "an array of \(element) has an element of \(value.typeString)")
      try value.validate()
    }
  }

  private static func validate(members: [Value]) throws {
    try require(!members.isEmpty, "a structure is empty")
    try members.forEach { try $0.validate() }
  }

  private static func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
    guard condition else { throw BusError.local(reason()) }
  }
}
