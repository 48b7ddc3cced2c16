/// Threads that share one job at a time and give the cores back between jobs.
package final class WorkerPool: @unchecked Sendable {
  package let threads: Int

  package init(threads: Int) { self.threads = threads }

  package func run(chunks: Int, _ body: (Int) -> Void) {
    for chunk in 0..<chunks { body(chunk) }
  }
}
