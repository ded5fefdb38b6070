import ArgumentParser

/// The value of `--progress`.
enum Progress: Equatable {
  /// So many percent.
  case percent(UInt32)
  /// Standard input says how many.
  case input

  init(_ text: String) throws {
    guard text != "-" else {
      self = .input
      return
    }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let percent = UInt32(text), percent <= 100 else {
      throw ValidationError("Progress is a number from 0 to 100, or - for standard input.")
    }
    self = .percent(percent)
  }

  /// What it is when the message is sent.
  var start: UInt32 {
    switch self {
    case .percent(let percent): percent
    case .input: 0
    }
  }
}
