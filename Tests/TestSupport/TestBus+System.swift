package import GBus

extension TestBus {
  /// Makes a connection like one to the system bus.
  @MainLoop
  package func connect() async throws -> Connection {
    try await Connection.system(at: address, deadline: .patient)
  }
}
