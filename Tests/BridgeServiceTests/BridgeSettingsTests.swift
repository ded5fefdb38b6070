import GBus
import Testing

@testable import BridgeService

@Suite struct BridgeSettingsTests {
  private func read(_ text: String) -> (settings: BridgeSettings, complaints: [String]) {
    var settings = BridgeSettings()
    let complaints = settings.take(KeyFile(text))
    return (settings, complaints)
  }

  @Test func eachSource() {
    let (settings, complaints) = read("[Bridge]\nShutdown=no\nSystemNotifications = off\nBroadcastNotifications=1\n")
    #expect(complaints == [])
    #expect((settings.shutdown, settings.sources) == (false, [.broadcastNotifications]))
  }

  @Test func defaults() {
    let (settings, complaints) = read("# nothing\n")
    #expect(complaints == [])
    #expect((settings.shutdown, settings.sources) == (true, SignalSource.allCases))
  }

  @Test func mistakes() {
    let (settings, complaints) = read("[Bridge]\nShutdown=perhaps\nWall=no\n[Bridges]\nShutdown=no\n")
    #expect(
      complaints == [
        "2: Shutdown=perhaps is neither yes nor no: it stays yes", "3: there is no key Wall in [Bridge]",
        "4: there is no group [Bridges]",
      ])
    #expect(settings.shutdown)
  }
}
