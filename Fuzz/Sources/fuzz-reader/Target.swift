import ModelLocal

/// Opens the input as a weights file and reads all that can be read of it.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: start, count: count)
  guard let file = readable({ () throws(GGUFError) in try GGUFFile(bytes: input) }) else {
    return 0
  }
  var sum = 0
  for tensor in file.tensors.values {
    sum &+= tensor.bytes.reduce(0) { $0 &+ Int($1) }
  }
  for value in file.metadata.values { sum &+= weight(of: value) }
  do throws(ShapeError) {
    sum &+= try ModelShape(file).memoryNeeded(context: 4096).total
  } catch {
    sum &+= error.sentence(file: "model.gguf").utf8.count
  }
  do throws(TokenizerError) {
    let tokenizer = try Tokenizer(file)
    for id in 0..<Int32(min(tokenizer.count, 1000)) { sum &+= tokenizer.bytes(of: id).count }
    sum &+= tokenizer.encode(sample, parsesSpecials: true).count
  } catch {
    sum &+= error.sentence(file: "model.gguf").utf8.count
  }
  do throws(TemplateError) {
    sum &+= try ChatTemplate.recognised(in: file).rawValue.utf8.count
  } catch {
    sum &+= error.sentence(file: "model.gguf").utf8.count
  }
  return sum == .min ? 1 : 0
}

private let sample =
  "It's <|im_start|>user\n  12 \u{1F469}\u{200D}\u{1F4BB} na\u{EF}ve</s> \u{4F60}"

/// The file, or `nil` once its error has been put into words.
private func readable(_ open: () throws(GGUFError) -> GGUFFile) -> GGUFFile? {
  do throws(GGUFError) {
    return try open()
  } catch {
    precondition(!error.sentence(file: "model.gguf").isEmpty)
    return nil
  }
}

private func weight(of value: GGUFValue) -> Int {
  switch value {
  case .text(let text): text.string?.utf8.count ?? text.count
  case .strings(let strings):
    (0..<strings.count).reduce(0) { $0 &+ strings[$1].reduce(0) { $0 &+ Int($1) } }
  case .numbers(let numbers): (0..<numbers.count).reduce(0) { $0 &+ (numbers[$1].int ?? 1) }
  case .nested(let count): count
  default: value.int ?? 0
  }
}
