internal import GBus
internal import MessengerContract

/// Limits on a call's arguments. They are checked before the arguments are unpacked, because unpacked arguments can
/// take fifty times as much memory as on the wire.
enum CallSize {
  /// The most values in one argument, other than the recipients of `Send`: more than twice as many as 32 replies have.
  static let mostValues = 256

  /// Checks the sizes of a call's arguments.
  ///
  /// - Throws: `InvalidArgument`.
  static func check(_ method: String, _ sizes: [ArgumentSize], _ limits: Limits) throws {
    for (index, size) in sizes.enumerated() {
      if method == MessengerMethod.send.rawValue, index == 0 {
        try SendRequest.checkCount(of: size.elements, limits)
      } else if size.values > mostValues {
        throw MessengerError(
          .invalidArgument,
          "argument \(index + 1) of \(method) has \(size.values) values, and at most \(mostValues) are taken")
      }
    }
  }
}

extension MessengerError {
  /// The error that a caller gets for a malformed call. For unknown objects, interfaces, methods and properties it is
  /// D-Bus's own.
  static func explain(_ fault: CallFault) -> any Error {
    switch fault {
    case .wrongSignature, .unreadable: MessengerError(.invalidArgument, fault.busMessage)
    case .tooLong, .tooMuch: MessengerError(.limitExceeded, fault.busMessage)
    case .unknownObject, .unknownInterface, .unknownMethod, .unknownProperty, .readOnlyProperty: fault
    }
  }
}
