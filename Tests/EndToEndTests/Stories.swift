import FaultServer
import Foundation
import Testing

/// The real program in a real terminal, against a server that plays a script or misbehaves.
///
/// One after the other: they share two things a machine has little of, its cores and its clock.
@Suite(
  .serialized,
  .enabled(if: Checkout.obstacle == nil, "\(Checkout.obstacle ?? "nothing is in the way")"))
enum Stories {
  /// The problem the scripted model knows.
  static let marbles =
    "Tom has 17 marbles. He buys 3 bags with 6 marbles each and gives 9 to Ann. "
    + "How many marbles does Tom have now?"
}

extension FaultServer {
  /// Where `model` plays, as `--solver` takes it.
  func model(_ name: String) -> String { "\(endpoint)/v1#\(name)" }
}
