import Testing

@testable import JSONReader

private let sample = #"{"a":[1,2.5,"x\u00e9",null,true],"o":{"k":-3},"e":[]}"#

@Test func `values are found by key and place`() throws {
  try JSONReader().read(Array(sample.utf8)) { json in
    #expect(json["a"]?[0]?.int == 1)
    #expect(json["a"]?[0]?.double == 1)
    #expect(json["a"]?[1]?.double == 2.5)
    #expect(json["a"]?[2]?.string == "xé")
    #expect(json["a"]?[3]?.isNull == true)
    #expect(json["a"]?[4]?.bool == true)
    #expect(json["a"]?[5] == nil)
    #expect(json["o"]?["k"]?.int == -3)
    #expect(json["missing"] == nil)
  }
}

@Test func `a value of another type is absent`() throws {
  try JSONReader().read(Array(sample.utf8)) { json in
    #expect(json["a"]?.string == nil)
    #expect(json["a"]?["k"] == nil)
    #expect(json["o"]?.int == nil)
    #expect(Array(json["o"]!.elements).isEmpty)
    #expect(Array(json["e"]!.elements).isEmpty)
    #expect(json.members.map(\.key) == ["a", "o", "e"])
  }
}

@Test(arguments: ["", "{", #"{"a":}"#, "[1,2", "\u{FEFF}x", "nul"])
func `broken text is an error with a reason`(text: String) {
  #expect(throws: JSONError.self) {
    try JSONReader().read(Array(text.utf8)) { _ in }
  }
}

@Test func `a reader reads one text after another`() throws {
  let reader = JSONReader()
  for number in 0..<100 {
    #expect(try reader.read(Array("[\(number)]".utf8)) { $0[0]?.int } == number)
  }
}

@Test func `invalid UTF-8 is refused`() {
  #expect(throws: JSONError.self) {
    try JSONReader().read([0x22, 0xFF, 0x22]) { $0.string }
  }
}
