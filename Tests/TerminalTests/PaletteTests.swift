import Testing
import Workbench

@testable import Terminal

@Test func `the nearest colour of 256 is the nearest by distance`() {
  for seed in UInt64(1)...2_000 {
    let mixed = seed &* 0x9E37_79B9_7F4A_7C15
    let (red, green, blue) = (
      UInt8(mixed >> 56), UInt8(mixed >> 48 & 255), UInt8(mixed >> 40 & 255)
    )
    func distance(_ index: Int) -> Int {
      let entry = ColorDepth.components(index)
      let (r, g, b) = (entry.red - Int(red), entry.green - Int(green), entry.blue - Int(blue))
      return r * r + g * g + b * b
    }
    let found = ColorDepth.palette256.index(of: .rgb(red, green, blue))
    let best = (16...255).map(distance).min() ?? 0
    #expect((16...255).contains(found), "seed \(seed)")
    #expect(distance(found) == best, "seed \(seed): rgb \(red) \(green) \(blue)")
  }
}

@Test func `entries of the palette stand for themselves`() {
  for index in 16...255 {
    let entry = ColorDepth.components(index)
    let color = Color.rgb(UInt8(entry.red), UInt8(entry.green), UInt8(entry.blue))
    let found = ColorDepth.components(ColorDepth.palette256.index(of: color))
    #expect(found == entry)
  }
}

@Test func `few colours keep the hue, and greys keep the terminal's own`() {
  #expect(ColorDepth.palette8.index(of: .rgb(250, 80, 80)) == 1)
  #expect(ColorDepth.palette8.index(of: .rgb(80, 200, 120)) == 2)
  #expect(ColorDepth.palette8.index(of: .rgb(250, 180, 60)) == 3)
  #expect(ColorDepth.palette8.index(of: .rgb(60, 110, 220)) == 4)
  #expect(ColorDepth.palette8.index(of: .rgb(200, 200, 205)) == -1)
  #expect(ColorDepth.palette16.index(of: .rgb(255, 100, 100)) == 9)
  #expect(ColorDepth.palette16.index(of: .rgb(128, 0, 0)) == 1)
  #expect(ColorDepth.palette16.index(of: .rgb(110, 110, 115)) == 8)
  #expect(ColorDepth.none.index(of: .rgb(255, 0, 0)) == -1)
}

@Test func `direct colours are themselves, but for the eight named ones`() {
  #expect(ColorDepth.direct.index(of: .rgb(0x12, 0x34, 0x56)) == 0x12_3456)
  #expect(ColorDepth.direct.index(of: .rgb(0, 0, 5)) == 8)
  #expect(ColorDepth.direct.index(of: .rgb(0, 0, 0)) == 0)
}

@Test func `depths follow the number of colours`() {
  let depths = [-1, 0, 7, 8, 16, 88, 256, 0x100_0000].map { ColorDepth(colors: $0) }
  #expect(
    depths == [
      .none, .none, .none, .palette8, .palette16, .palette16, .palette256, .direct,
    ])
}

private let colored = Theme(
  name: "colored",
  faces: [
    .text: .init(), .error: .init(color: .rgb(255, 80, 80)),
    .strong: .init(color: .rgb(240, 240, 240)), .dim: .init(color: .rgb(90, 90, 95), dim: true),
  ],
  backdrops: [.selected: .init(color: .rgb(40, 44, 60)), .popup: .init(color: .rgb(20, 20, 30))])

@Test func `a role keeps a difference at every depth`() {
  for depth in [ColorDepth.direct, .palette256, .palette16, .palette8, .none] {
    let plain = colored.look(Style(.text), depth: depth)
    #expect(plain == Look(), "\(depth)")
    for role in [Role.error, .strong, .dim] {
      #expect(colored.look(Style(role), depth: depth) != plain, "\(role) at \(depth)")
    }
    #expect(colored.look(Style(.text, on: .selected), depth: depth) != plain, "\(depth)")
  }
}

@Test func `a style's own attributes come on top of its role's`() {
  let look = Theme.monochrome.look(
    Style(.warning, on: .selected, bold: false, underlined: true), depth: .none)
  #expect(look.isBold && look.isUnderlined && look.isReversed && !look.isDim)
}

@Test func `a role reversed on a reversed ground stays reversed`() {
  let look = Theme.monochrome.look(Style(.foreign, on: .bar), depth: .palette256)
  #expect(look.isReversed)
}
