import MsgCommand
import Testing

@Suite struct ShellExpansionTests {
  @Test(arguments: [
    (["a", "b", "hello"], ["a", "b"]),
    (["b", "a", "hello", "you"], ["a", "b"]),
    (["a", "b"], ["b", "a"]),
    (["a", "hello"], ["a"]),
    (["a"], ["a"]),
    (["/W", "a", "b", "hello"], ["a", "b"]),
    (["--", "a", "b"], ["a", "b"]),
  ])
  func refusesTheFoldersListing(_ words: [String], _ listing: [String]) {
    let run = Run(words.map { Array($0.utf8) }, listing: listing)
    #expect(run.status == .usage)
    #expect(run.service.calls.isEmpty)
    #expect(run.errors.contains("'*' or --all"))
  }

  @Test(arguments: [
    (["bob", "hello"], ["a", "b"]),
    (["a", "hello"], ["a", "b"]),
    (["a", "a", "b"], ["a", "b"]),
    (["*", "hello"], ["a"]),
    (["bob", "a", "b"], ["a", "b"]),
    (["--all", "a", "b"], ["a", "b"]),
    (["bob", "hello"], []),
  ])
  func letsOtherWordsPass(_ words: [String], _ listing: [String]) {
    let run = Run(words.map { Array($0.utf8) }, listing: listing)
    #expect(run.status == .success)
    #expect(run.service.calls.count == 1)
  }
}
