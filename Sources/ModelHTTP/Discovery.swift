import Foundation

/// A server found without being told of it.
package struct FoundServer: Equatable, Sendable {
  package var endpoint: String
  /// `$OPENAI_BASE_URL`, or the port it was found on.
  package var origin: String
}

/// Which of the usual places answer: `OPENAI_BASE_URL`, and loopback ports 8080 and 11434.
///
/// Nobody is waited for longer than 300 ms, and no key is sent.
package func discover(
  environment: [String: String] = ProcessInfo.processInfo.environment,
  ports: [Int] = [8080, 11434]
) async -> [FoundServer] {
  var places: [FoundServer] = []
  if let url = environment["OPENAI_BASE_URL"], !url.isEmpty {
    places.append(FoundServer(endpoint: url, origin: "$OPENAI_BASE_URL"))
  }
  for port in ports {
    places.append(FoundServer(endpoint: "http://127.0.0.1:\(port)", origin: "port \(port)"))
  }
  return await withTaskGroup(of: Int?.self) { group in
    for (index, place) in places.enumerated() {
      group.addTask { await answers(place.endpoint) ? index : nil }
    }
    var found: [Int] = []
    for await index in group { if let index { found.append(index) } }
    return found.sorted().map { places[$0] }
  }
}

/// Any answer at all will do: what it is will be seen on connecting.
private func answers(_ text: String) async -> Bool {
  guard let endpoint = try? Endpoint(text) else { return false }
  let request = HTTPRequest(
    url: endpoint.api + "/models", headers: ["Accept: application/json"],
    timeouts: Timeouts(connect: 0.3, firstByte: 0.3, idle: 0.3), isLoopback: endpoint.isLoopback)
  do {
    for try await part in HTTPDriver.shared.send(request) {
      if case .head(let head) = part { return head.status < 500 }
    }
  } catch {}
  return false
}
