/// An amount of information or uncertainty, in natural units.
///
/// 1 nat is 1 / ln 2 bits, about 1.4427.
package struct Nats: Hashable, Comparable, Sendable {
  package var value: Double
  package init(_ value: Double) { self.value = value }

  package static let zero = Nats(0)
  package var bits: Double { value * 1.4426950408889634 }

  package static func < (left: Nats, right: Nats) -> Bool { left.value < right.value }
  package static func + (left: Nats, right: Nats) -> Nats { Nats(left.value + right.value) }
  package static func - (left: Nats, right: Nats) -> Nats { Nats(left.value - right.value) }
  package static func * (left: Nats, right: Double) -> Nats { Nats(left.value * right) }
  package static func / (left: Nats, right: Double) -> Nats { Nats(left.value / right) }
  package static func += (left: inout Nats, right: Nats) { left.value += right.value }
}
