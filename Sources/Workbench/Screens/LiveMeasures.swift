import Sessions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

func exponential(_ value: Double) -> Double { exp(value) }

/// What can be said of a step while it is being written.
///
/// The windowed and margin measures wait for the whole step.
func measuresOfOpenStep(_ table: TokenTable, tokens: Range<Int>) -> StepMeasures {
  var measures = StepMeasures(tokens: tokens.count)
  var sum: Float = 0
  for index in tokens {
    guard let logProbability = table.logProbability(of: index) else { continue }
    measures.measured += 1
    sum += logProbability
    measures.minLogProbability = min(measures.minLogProbability ?? 0, logProbability)
  }
  if measures.measured > 0 { measures.meanLogProbability = sum / Float(measures.measured) }
  return measures
}
