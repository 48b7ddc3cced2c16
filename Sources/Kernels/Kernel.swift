import CKernels
import Foundation
import KernelsSIMD

/// The numeric kernels of the embedded model, each in the fastest form this CPU has.
package enum Kernel {
  package static func multiply(
    _ w: Matrix, rows: Range<Int>, by x: Activations, into out: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    Reference.multiply(w, rows: rows, by: x, into: out, stride: stride)
  }

  package static func multiplyTransposed(
    _ w: Matrix, rows: Range<Int>, by g: UnsafePointer<Float>,
    addingTo out: UnsafeMutablePointer<Float>
  ) {
    Reference.multiplyTransposed(w, rows: rows, by: g, addingTo: out)
  }

  package static func dequantise(_ w: Matrix, row: Int, into out: UnsafeMutablePointer<Float>) {
    Reference.dequantise(w, row: row, into: out)
  }

  static func quantise(_ x: UnsafePointer<Float>, into activations: Activations) {
    Reference.quantise(x, into: activations)
  }

  package static func rmsNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, count: Int, epsilon: Float,
    into out: UnsafeMutablePointer<Float>
  ) {
    Reference.rmsNorm(x, weight: weight, count: count, epsilon: epsilon, into: out)
  }

  package static func add(
    _ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    Reference.add(x, to: out, count: count)
  }

  package static func swiGLU(
    gate: UnsafePointer<Float>, up: UnsafePointer<Float>, count: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    Reference.swiGLU(gate: gate, up: up, count: count, into: out)
  }

  package static func rotateAdjacent(
    _ x: UnsafeMutablePointer<Float>, heads: Int, headWidth: Int, rotated: Int,
    cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    Reference.rotateAdjacent(
      x, heads: heads, headWidth: headWidth, rotated: rotated, cosines: cosines, sines: sines)
  }

  package static func rotateHalves(
    _ x: UnsafeMutablePointer<Float>, heads: Int, headWidth: Int, rotated: Int,
    cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    Reference.rotateHalves(
      x, heads: heads, headWidth: headWidth, rotated: rotated, cosines: cosines, sines: sines)
  }

  package static func toHalf(
    _ x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<UInt16>
  ) {
    Reference.toHalf(x, count: count, into: out)
  }

  package static func attend(
    query: UnsafePointer<Float>, keys: UnsafePointer<UInt16>, values: UnsafePointer<UInt16>,
    positions: Int, stride: Int, width: Int, scale: Float, scores: UnsafeMutablePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    Reference.attend(
      query: query, keys: keys, values: values, positions: positions, stride: stride,
      width: width, scale: scale, scores: scores, into: out)
  }

  package static func measure(
    _ logits: UnsafePointer<Float>, count: Int, temperature: Float, top k: Int
  ) -> LogitMeasures {
    Reference.measure(logits, count: count, temperature: temperature, top: k)
  }

  /// The same, shared between the threads of `pool`; the result does not depend on how many.
  package static func measure(
    _ logits: UnsafePointer<Float>, count: Int, temperature: Float, top k: Int, pool: WorkerPool
  ) -> LogitMeasures {
    Reference.measure(logits, count: count, temperature: temperature, top: k)
  }

  package static func softmax(
    _ x: UnsafeMutablePointer<Float>, count: Int, temperature: Float
  ) {
    Reference.softmax(x, count: count, temperature: temperature)
  }
}
