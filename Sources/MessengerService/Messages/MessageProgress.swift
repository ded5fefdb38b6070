/// How far a message is, and whether anybody hears of it.
extension Message {
  /// A point that a message reaches when each of its deliveries has reached it.
  enum Milestone {
    /// There is something to report about it.
    case settled
    /// It is final.
    case final
    /// It is final, put off or held: nothing of it is on a desktop, or on its way there.
    case atRest
  }

  /// Whether the sender of a message is still on the bus.
  enum SenderPresence {
    /// The sender is on the bus, as far as is known.
    case present
    /// The sender's process has ended, and the bus is asked whether the connection has too, because another process may
    /// have it.
    case doubtful
    /// The connection has ended.
    case gone
  }
}
