package import GBus

extension TestBus {
  /// Connects as to the system bus.
  @MainLoop
  package func connect() async throws -> Connection {
    try await Connection.system(at: address, deadline: .patient)
  }
}
