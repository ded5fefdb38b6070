internal import CGIO

/// Reads a program's command line with GLib (GLib's reference, "Commandline option parser"): `--name=value`, `--name
/// value` or, without a value, `--name`. If an option is given twice, the last one counts.
public struct OptionReader: Sendable {
  /// An option of a program.
  public struct Option: Sendable {
    let name: String
    let letter: Unicode.Scalar?
    let valueName: String?
    let help: String

    /// Describes an option.
    ///
    /// - Parameters:
    ///   - name: the text after the two dashes.
    ///   - letter: an ASCII letter that may follow a single dash instead.
    ///   - value: the name of its value in the help; `nil` if it has none.
    ///   - help: a sentence for the help.
    public init(_ name: String, letter: Unicode.Scalar? = nil, value: String? = nil, help: String) {
      self.name = name
      self.letter = letter
      valueName = value
      self.help = help
    }
  }

  private let summary: String
  private let description: String
  private let options: [Option]

  /// Describes a command line.
  ///
  /// - Parameters:
  ///   - summary: the text before the options in the help.
  ///   - description: the text after them.
  ///   - options: the program's options, in the order of the help. GLib adds none.
  public init(summary: String, description: String, options: [Option]) {
    self.summary = summary
    self.description = description
    self.options = options
  }

  /// The help text, which says how to call the program.
  public var help: String {
    withContext(for: Found()) { context in
      let text = g_option_context_get_help(context, 1, nil)
      defer { g_free(text) }
      return text.map { String(cString: $0) } ?? ""
    }
  }

  /// Reads a command line.
  ///
  /// - Parameter arguments: the program's name and its arguments.
  /// - Returns: the options in it.
  /// - Throws: ``OptionError`` for an option that the program doesn't have, an option without its value, and a word
  ///   that is not an option.
  public func read(_ arguments: [String]) throws(OptionError) -> ParsedOptions {
    let builder = g_strv_builder_new()
    for argument in arguments { g_strv_builder_add(builder, argument) }
    var words = g_strv_builder_end(builder)
    g_strv_builder_unref(builder)
    let found = Found()
    var error: UnsafeMutablePointer<GError>?
    let isRead = withContext(for: found) { g_option_context_parse_strv($0, &words, &error) != 0 }
    let left = GLibText.strings(taking: words).dropFirst()
    guard isRead else {
      defer { g_clear_error(&error) }
      throw OptionError(message: GLibText.message(of: error))
    }
    if let word = left.first(where: { $0 != "--" }) { throw OptionError(message: "Unexpected argument \(word)") }
    return ParsedOptions(texts: found.texts)
  }

  private func withContext<Result>(for found: Found, _ body: (OpaquePointer?) -> Result) -> Result {
    let context = g_option_context_new(nil)
    defer { g_option_context_free(context) }
    // GLib's own --help would end the program.
    g_option_context_set_help_enabled(context, 0)
    g_option_context_set_summary(context, summary)
    g_option_context_set_description(context, description)
    let group = g_option_group_new(nil, nil, nil, Unmanaged.passUnretained(found).toOpaque(), nil)
    g_option_group_add_entries(group, options.map(\.entry) + [GOptionEntry()])
    g_option_context_set_main_group(context, group)
    return withExtendedLifetime(found) { body(context) }
  }
}

extension OptionReader.Option {
  /// The option for GLib, which keeps the pointers. Interned strings stay as long as the process, as options do.
  fileprivate var entry: GOptionEntry {
    // A file name is taken unchanged. GLib would convert a string to the locale's encoding, which in a service is
    // ASCII.
    let flags = valueName == nil ? G_OPTION_FLAG_NO_ARG : G_OPTION_FLAG_FILENAME
    return GOptionEntry(
      long_name: g_intern_string(name), short_name: letter.map { gchar($0.value) } ?? 0, flags: gint(flags.rawValue),
      arg: G_OPTION_ARG_CALLBACK, arg_data: unsafeBitCast(Found.keep, to: gpointer.self),
      description: g_intern_string(help), arg_description: valueName.flatMap { g_intern_string($0) })
  }
}

/// The options that GLib has found so far.
private final class Found {
  /// The values, by the option as it was written, with its dashes.
  var texts: [String: String] = [:]

  /// A member, because under a name of the module's own it would make CGIO known to every caller of something else by
  /// that name.
  static let keep: GOptionArgFunc = { name, value, found, _ in
    guard let name, let found else { return 0 }
    let text = value.map { String(cString: $0) } ?? ""
    Unmanaged<Found>.fromOpaque(found).takeUnretainedValue().texts[String(cString: name)] = text
    return 1
  }
}
