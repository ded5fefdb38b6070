internal import GBus
internal import MessengerContract

/// How large a call's arguments may be, which is looked at before they are unpacked: they can be fifty times as large
/// here as on the wire.
enum CallSize {
  /// The most values in an argument, but for the recipients of `Send`: more than twice as many as 32 replies have.
  static let mostValues = 256

  /// Checks them.
  ///
  /// - Throws: `InvalidArgument`.
  static func check(_ method: String, _ sizes: [ArgumentSize], _ limits: Limits) throws {
    for (index, size) in sizes.enumerated() {
      if method == "Send", index == 0 {
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
  /// What a caller is told of a call that is wrong in itself. What isn't there has D-Bus's own names.
  static func explain(_ fault: CallFault) -> any Error {
    switch fault {
    case .wrongSignature, .unreadable: MessengerError(.invalidArgument, fault.busMessage)
    case .tooLong, .tooMuch: MessengerError(.limitExceeded, fault.busMessage)
    case .unknownObject, .unknownInterface, .unknownMethod, .unknownProperty, .readOnlyProperty: fault
    }
  }
}
