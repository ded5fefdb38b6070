public import GBus
public import MessengerContract

extension MessengerError: NamedBusError {
  /// The error's name on the bus.
  public var busName: String { code.busName }
  /// The text, which names the culprit.
  public var busMessage: String { message }
}
