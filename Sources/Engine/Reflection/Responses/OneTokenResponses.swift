import Foundation
import Sessions

/// Controls that decide a single token, for servers; a model in this process has its own.

/// For methods that only a model in this process can carry out: ends the attempt and says so,
/// rather than let something else go by the method's name.
struct NoResponse: Response {
  func respond(
    at place: ReflectionPlace, with caller: Caller
  ) async throws -> ReflectionDecision {
    throw ModelError.unsupported("changing hidden states")
  }
}

/// The text so far is sent again, and nothing else done.
struct RestartResponse: Response {
  func respond(
    at place: ReflectionPlace, with caller: Caller
  ) async throws -> ReflectionDecision { ReflectionDecision() }
}

/// The likeliest token is written.
struct ArgmaxResponse: Response {
  func respond(
    at place: ReflectionPlace, with caller: Caller
  ) async throws -> ReflectionDecision {
    place.write(
      place.alternatives.max { $0.logProbability < $1.logProbability }, at: caller.temperature)
  }
}

/// A token is drawn from the alternatives at a lower temperature; what the server left out cannot
/// be drawn.
struct CoolerResponse: Response {
  func respond(
    at place: ReflectionPlace, with caller: Caller
  ) async throws -> ReflectionDecision {
    let temperature = caller.temperature * place.settings.cooling
    guard temperature > 0 else {
      return place.write(
        place.alternatives.max { $0.logProbability < $1.logProbability }, at: caller.temperature)
    }
    let best = place.alternatives.map(\.logProbability).max() ?? 0
    let weights = place.alternatives.map { exp(Double($0.logProbability - best) / temperature) }
    let seed = caller.plan.parameters.seed ?? Int.random(in: 0...(.max))
    var left =
      Mixer.fraction(UInt64(bitPattern: Int64(seed)), UInt64(caller.position), 0xC001)
      * weights.reduce(0, +)
    let drawn = weights.indices.first { index in
      left -= weights[index]
      return left < 0
    }
    return place.write(
      (drawn ?? weights.indices.last).map { place.alternatives[$0] }, at: caller.temperature)
  }
}

extension ReflectionPlace {
  /// Puts one of the alternatives here; one that there is no going on from is left to the model.
  fileprivate func write(
    _ alternative: Alternative?, at temperature: Double
  ) -> ReflectionDecision {
    var decision = ReflectionDecision()
    guard let alternative else {
      decision.message = "no alternative is known here: ask for more alternatives"
      return decision
    }
    guard canGoOn(from: alternative) else {
      decision.message =
        "the token ends the answer, or is half a character, and is left to the model"
      return decision
    }
    decision.written.append(token(alternative, temperature: temperature))
    decision.alternatives = [alternative]
    return decision
  }
}
