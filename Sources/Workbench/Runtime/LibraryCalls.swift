import Dispatch
import Sessions

/// Looking through the library.
///
/// Reading a whole library anew takes a while and keeps its thread; on a machine of few cores that
/// must be none of those that all tasks share.
extension Runtime {
  /// A screenful and more: what is painted before any folder has been looked at.
  private static let remembered = 200

  func list() async {
    let (edges, post) = (edges, post)
    let known = await elsewhere { edges.library.remembered(most: Self.remembered) }
    if !known.isEmpty { post(.libraryListed(known, isWhole: false)) }
    post(.problemSetsFound(await elsewhere { edges.problemSets() }))
    let sessions = await elsewhere {
      edges.library.list { done, count in post(.libraryIndexing(done: done, count: count)) }
    }
    post(.libraryListed(sessions))
  }

  func findText(_ words: [String]) async {
    wanted = words
    // Letters come faster than answers: only the last of them is worth one.
    await Task.yield()
    guard wanted == words else { return }
    let library = edges.library
    let paths = await elsewhere { library.paths(holding: words) ?? [] }
    post(.textFound(words: words, paths: paths))
  }

  func locate(_ words: [String], in paths: [String]) async {
    let library = edges.library
    let hits = await elsewhere { library.hits(of: words, in: paths, most: 1) }
    post(.textLocated(words: words, hits: hits.compactMapValues(\.first)))
  }

  private func elsewhere<Value: Sendable>(
    _ body: @escaping @Sendable () -> Value
  ) async -> Value {
    await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .userInitiated).async { continuation.resume(returning: body()) }
    }
  }
}
