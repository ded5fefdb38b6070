package import GBus

extension TestBus {
  /// Connects like to the system bus.
  @MainLoop
  package func connect() async throws -> Connection {
    try await Connection.system(at: address, deadline: .patient)
  }
}
