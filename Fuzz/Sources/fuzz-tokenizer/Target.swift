import ModelLocal

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Tokenizers of every kind; `FUZZ_FIXTURES` says where the tests' fixtures are.
private let tokenizers: [Tokenizer] = {
  guard let folder = getenv("FUZZ_FIXTURES").map({ String(cString: $0) }) else {
    fatalError("FUZZ_FIXTURES is not set: use Fuzz/run")
  }
  do {
    let bytes = try GGUFFile(path: folder + "/bytes.gguf")
    let pieces = try GGUFFile(path: folder + "/pieces.gguf")
    var all = [try Tokenizer(pieces)]
    for name in ["qwen2", "llama-bpe", "smollm", "gpt-2"] {
      all.append(try Tokenizer(bytes, preTokenizer: name))
    }
    return all
  } catch {
    fatalError("the fixtures cannot be read: \(error)")
  }
}()

/// Encodes and decodes any bytes; the first byte chooses the tokenizer and what it parses.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let choice = UnsafeBufferPointer(start: start, count: count).first else { return 0 }
  let tokenizer = tokenizers[Int(choice >> 1) % tokenizers.count]
  let text = UnsafeRawBufferPointer(start: start, count: count).dropFirst()
  let bytes = UnsafeRawBufferPointer(rebasing: text)
  let parsesSpecials = choice & 1 == 1
  let ids = tokenizer.encode(bytes: bytes, parsesSpecials: parsesSpecials)
  for id in ids {
    precondition(id >= 0 && Int(id) < tokenizer.count)
    precondition(parsesSpecials || !tokenizer.isControl(id), "text became a control token")
  }
  let decoded = tokenizer.decode(ids)
  guard !parsesSpecials else { return 0 }
  // SentencePiece writes a space as ▁, so that a ▁ comes back as a space.
  let isExact = tokenizer.addsSpacePrefix == false
  precondition(!isExact || decoded.elementsEqual(bytes), "what is decoded is not what was encoded")
  return 0
}
