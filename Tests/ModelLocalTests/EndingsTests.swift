import Sessions
import Testing

@testable import ModelLocal

@Suite struct StopStringTests {
  /// Feeds texts as tokens; what is kept when a stop is met or the texts end, and whether it was.
  private func feed(_ texts: [String], stops: [String]) -> (kept: String, isStopped: Bool) {
    var watch = StopStrings(stops)
    var pending: [Token] = []
    for text in texts {
      let token = Token(bytes: Array(text.utf8))
      if watch.take(token, pending: &pending) {
        return (String(decoding: pending.flatMap(\.bytes), as: UTF8.self), true)
      }
    }
    return (String(decoding: pending.flatMap(\.bytes), as: UTF8.self), false)
  }

  @Test func `a stop text ends the answer before it, however it is cut into tokens`() {
    #expect(feed(["one", " END", " two"], stops: ["END"]) == ("one ", true))
    #expect(feed(["one E", "N", "D two"], stops: ["END"]) == ("one ", true))
    #expect(feed(["END"], stops: ["END"]) == ("", true))
    #expect(feed(["E", "E", "ND"], stops: ["END"]) == ("E", true))
    #expect(feed(["one EN", "two"], stops: ["END"]) == ("one ENtwo", false))
    #expect(feed(["abc"], stops: ["", "x"]) == ("abc", false))
  }

  @Test func `a stop text that was begun before a place is complete after it`() {
    var watch = StopStrings(["END", "\n\nStep"])
    var pending: [Token] = []
    func take(_ text: String) -> Bool {
      watch.take(Token(bytes: Array(text.utf8)), pending: &pending)
    }
    #expect(!take("one E"))
    #expect(watch.held == 1)
    watch.handOver(pending)
    pending = []
    #expect(watch.held == 0)
    #expect(take("ND two"))
    #expect(pending.isEmpty)
    watch = StopStrings(["END", "\n\nStep"])
    _ = take("one\n")
    watch.handOver(pending)
    pending = []
    #expect(!take("x E"))
    #expect(!take("N"))
    #expect(!take("x\n\n"))
    #expect(take("Step 2"))
    #expect(String(decoding: pending.flatMap(\.bytes), as: UTF8.self) == "x ENx")
  }

  @Test func `what may become a stop text is kept back, and no more`() {
    var watch = StopStrings(["\n\nStep"])
    var pending: [Token] = []
    func take(_ text: String) { _ = watch.take(Token(bytes: Array(text.utf8)), pending: &pending) }
    take("a.")
    #expect(watch.held == 0)
    take("\n")
    take("\nSt")
    #expect(watch.held == 2)
    take("ay")
    #expect(watch.held == 0)
  }
}
