internal import CGIO

/// Reads a program's command line with GLib (GLib's reference, "Commandline option parser"): `--name=value`,
/// `--name value` or, without a value, `--name`. Of an option that is given twice, the last counts.
public struct OptionReader: Sendable {
  /// An option that a program has.
  public struct Option: Sendable {
    let name: String
    let letter: Unicode.Scalar?
    let valueName: String?
    let help: String

    /// Describes an option.
    ///
    /// - Parameters:
    ///   - name: what follows the two dashes.
    ///   - letter: what may follow one dash instead; of ASCII.
    ///   - value: what the help calls its value; `nil` where it has none.
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
  ///   - summary: what the help says before the options.
  ///   - description: what it says after them.
  ///   - options: the program's, in the order of the help. GLib adds none to them.
  public init(summary: String, description: String, options: [Option]) {
    self.summary = summary
    self.description = description
    self.options = options
  }

  /// How the program is called, for a person to read.
  public var help: String {
    withContext(for: Found()) { context in
      let text = g_option_context_get_help(context, 1, nil)
      defer { g_free(text) }
      return text.map { String(cString: $0) } ?? ""
    }
  }

  /// Reads a command line.
  ///
  /// - Parameter arguments: the program's name and what follows it.
  /// - Returns: the options in it.
  /// - Throws: ``OptionError`` for an option that the program doesn't have, one without its value, and a word that is
  ///   no option.
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
  /// For GLib, which keeps the pointers: interned strings stay for the life of the process, as options do.
  fileprivate var entry: GOptionEntry {
    // Taken as it is, since GLib would have it in the encoding of the locale, which in a service is ASCII.
    let flags = valueName == nil ? G_OPTION_FLAG_NO_ARG : G_OPTION_FLAG_FILENAME
    return GOptionEntry(
      long_name: g_intern_string(name), short_name: letter.map { gchar($0.value) } ?? 0, flags: gint(flags.rawValue),
      arg: G_OPTION_ARG_CALLBACK, arg_data: unsafeBitCast(Found.keep, to: gpointer.self),
      description: g_intern_string(help), arg_description: valueName.flatMap { g_intern_string($0) })
  }
}

/// What GLib has found so far.
private final class Found {
  /// By the option as it was written, with its dashes.
  var texts: [String: String] = [:]

  /// A member, for under a name of the module's own it makes CGIO known to whoever calls something else by that name.
  static let keep: GOptionArgFunc = { name, value, found, _ in
    guard let name, let found else { return 0 }
    let text = value.map { String(cString: $0) } ?? ""
    Unmanaged<Found>.fromOpaque(found).takeUnretainedValue().texts[String(cString: name)] = text
    return 1
  }
}
