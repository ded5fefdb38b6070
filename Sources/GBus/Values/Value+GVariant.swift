internal import CGIO

extension Value {
  /// Makes GLib's value of this one, as a new, floating reference.
  ///
  /// - Throws: ``BusError/local(_:)`` if D-Bus can't carry it.
  func makeVariant() throws -> OpaquePointer? {
    try validate()
    return makeTrusted()
  }

  /// Makes a structure of the values, which is also how D-Bus carries arguments, as a new, floating reference.
  ///
  /// - Throws: ``BusError/local(_:)`` if D-Bus can't carry one of them.
  static func makeTuple(_ members: [Value]) throws -> OpaquePointer? {
    try members.forEach { try $0.validate() }
    return makeTrustedTuple(members)
  }

  /// The same for values that ``validate()`` has accepted.
  static func makeTrustedTuple(_ members: [Value]) -> OpaquePointer? {
    let children = members.map { $0.makeTrusted() }
    return g_variant_new_tuple(children, gsize(children.count))
  }

  private func makeTrusted() -> OpaquePointer? {
    switch self {
    case .byte(let value): g_variant_new_byte(value)
    case .boolean(let value): g_variant_new_boolean(value ? 1 : 0)
    case .int16(let value): g_variant_new_int16(value)
    case .uint16(let value): g_variant_new_uint16(value)
    case .int32(let value): g_variant_new_int32(value)
    case .uint32(let value): g_variant_new_uint32(value)
    case .int64(let value): g_variant_new_int64(gint64(value))
    case .uint64(let value): g_variant_new_uint64(guint64(value))
    case .double(let value): g_variant_new_double(value)
    case .string(let text): g_variant_new_string(text)
    case .objectPath(let path): g_variant_new_object_path(path)
    case .signature(let signature): g_variant_new_signature(signature)
    case .handle(let index): g_variant_new_handle(index)
    case .variant(let value): g_variant_new_variant(value.makeTrusted())
    case .array(let element, let elements): Self.makeArray(of: element, elements)
    case .structure(let members): Self.makeTrustedTuple(members)
    case .entry(let key, let value): g_variant_new_dict_entry(key.makeTrusted(), value.makeTrusted())
    }
  }

  private static func makeArray(of element: String, _ elements: [Value]) -> OpaquePointer? {
    let type = g_variant_type_new(element)
    defer { g_variant_type_free(type) }
    let children = elements.map { $0.makeTrusted() }
    return g_variant_new_array(type, children, gsize(children.count))
  }

  /// Copies a value of GLib's; `nil` for types that D-Bus doesn't have.
  init?(_ variant: OpaquePointer) {
    switch g_variant_classify(variant) {
    case G_VARIANT_CLASS_BYTE: self = .byte(g_variant_get_byte(variant))
    case G_VARIANT_CLASS_BOOLEAN: self = .boolean(g_variant_get_boolean(variant) != 0)
    case G_VARIANT_CLASS_INT16: self = .int16(g_variant_get_int16(variant))
    case G_VARIANT_CLASS_UINT16: self = .uint16(g_variant_get_uint16(variant))
    case G_VARIANT_CLASS_INT32: self = .int32(g_variant_get_int32(variant))
    case G_VARIANT_CLASS_UINT32: self = .uint32(g_variant_get_uint32(variant))
    case G_VARIANT_CLASS_INT64: self = .int64(Int64(g_variant_get_int64(variant)))
    case G_VARIANT_CLASS_UINT64: self = .uint64(UInt64(g_variant_get_uint64(variant)))
    case G_VARIANT_CLASS_DOUBLE: self = .double(g_variant_get_double(variant))
    case G_VARIANT_CLASS_HANDLE: self = .handle(g_variant_get_handle(variant))
    case G_VARIANT_CLASS_STRING: self = .string(Self.text(variant))
    case G_VARIANT_CLASS_OBJECT_PATH: self = .objectPath(Self.text(variant))
    case G_VARIANT_CLASS_SIGNATURE: self = .signature(Self.text(variant))
    case G_VARIANT_CLASS_VARIANT, G_VARIANT_CLASS_ARRAY, G_VARIANT_CLASS_TUPLE, G_VARIANT_CLASS_DICT_ENTRY:
      self.init(container: variant)
    default: return nil
    }
  }

  private init?(container: OpaquePointer) {
    let children = Self.children(of: container)
    guard children.count == Int(g_variant_n_children(container)) else { return nil }
    switch g_variant_classify(container) {
    case G_VARIANT_CLASS_VARIANT: self = .variant(children[0])
    case G_VARIANT_CLASS_TUPLE: self = .structure(children)
    case G_VARIANT_CLASS_DICT_ENTRY: self = .entry(children[0], children[1])
    default: self = .array(of: String(cString: g_variant_get_type_string(container) + 1), children)
    }
  }

  /// Returns the values inside a container, which for a message are its arguments.
  static func children(of container: OpaquePointer) -> [Value] {
    (0..<g_variant_n_children(container)).compactMap { index in
      let child = g_variant_get_child_value(container, index)
      defer { g_variant_unref(child) }
      return child.flatMap { Value($0) }
    }
  }

  private static func text(_ variant: OpaquePointer) -> String { String(cString: g_variant_get_string(variant, nil)) }
}
