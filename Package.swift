// swift-tools-version:6.1
import Foundation
import PackageDescription

// `make check` sets this: warnings are errors there, and warnings while one works.
let strict: [SwiftSetting] =
  ProcessInfo.processInfo.environment["ERRATUM_STRICT"] == nil
  ? [] : [.unsafeFlags(["-warnings-as-errors"])]

// On macOS ncurses (wide, with true colours) and simdjson are Homebrew's. Each lies in a folder of
// its own where no compiler looks; on Linux both are where everything is, and these are empty.
#if os(macOS)
  #if arch(arm64)
    let usualPrefix = "/opt/homebrew"
  #else
    let usualPrefix = "/usr/local"
  #endif
  let kegs = (ProcessInfo.processInfo.environment["HOMEBREW_PREFIX"] ?? usualPrefix) + "/opt/"
  // After the system's folders: the SDK's own ncurses.h must stay the one its modules mean.
  let cursesHeaders = ["-idirafter", kegs + "ncurses/include"]
  let cCurses: [CSetting] = [.unsafeFlags(cursesHeaders)]
  let importsCurses = strict + [.unsafeFlags(cursesHeaders.flatMap { ["-Xcc", $0] })]
  let linksCurses: [LinkerSetting] = [.unsafeFlags(["-L" + kegs + "ncurses/lib"])]
  let cxxSimdjson: [CXXSetting] = [.unsafeFlags(["-I" + kegs + "simdjson/include"])]
  let linksSimdjson: [LinkerSetting] = [.unsafeFlags(["-L" + kegs + "simdjson/lib"])]
#else
  let cCurses: [CSetting] = []
  let importsCurses = strict
  let linksCurses: [LinkerSetting] = []
  let cxxSimdjson: [CXXSetting] = []
  let linksSimdjson: [LinkerSetting] = []
#endif

// Kernels are compiled for speed in debug builds too: without it tests of a model take minutes.
// Swift has no runtime dispatch, so the fast ones are a target of their own, compiled for CPUs of
// the last ten years and entered only where `Kernels` finds one.
let kernels = strict + [.unsafeFlags(["-Ounchecked"])]
#if arch(x86_64)
  let simdKernels = kernels + [.unsafeFlags(["-Xcc", "-march=x86-64-v3"])]
#else
  let simdKernels = kernels
#endif

let package = Package(
  name: "erratum",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "erratum", targets: ["erratum"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    // Numbers and records: no terminal, no network.
    .target(name: "Kernels", dependencies: ["KernelsSIMD", "CKernels"], swiftSettings: kernels),
    .target(name: "KernelsSIMD", dependencies: ["CKernels"], swiftSettings: simdKernels),
    .target(
      name: "Sessions",
      dependencies: ["JSONReader", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .target(name: "Engine", dependencies: ["Sessions", "Kernels"], swiftSettings: strict),
    .target(
      name: "Workbench", dependencies: ["Sessions", "Engine"], swiftSettings: strict),

    // Edges.
    .target(
      name: "ModelHTTP",
      dependencies: ["Engine", "Sessions", "JSONReader", "CCurl"], swiftSettings: strict),
    .target(
      name: "ModelLocal", dependencies: ["Engine", "Sessions", "Kernels"], swiftSettings: strict),
    .target(
      name: "Terminal", dependencies: ["Workbench", "CCurses"], swiftSettings: importsCurses),
    .executableTarget(
      name: "erratum",
      dependencies: [
        "Terminal", "ModelHTTP", "ModelLocal", "Workbench", "Engine", "Kernels", "Sessions",
        "JSONReader",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ], swiftSettings: importsCurses),

    // C behind short headers. CKernels is nothing but a header: its functions are inlined.
    .target(name: "CKernels"),
    .target(name: "JSONReader", dependencies: ["CSimdjson"], swiftSettings: strict),
    .target(
      name: "CSimdjson", cxxSettings: cxxSimdjson,
      linkerSettings: linksSimdjson + [.linkedLibrary("simdjson")]),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(
      name: "CCurses", cSettings: cCurses,
      linkerSettings: linksCurses + [.linkedLibrary("ncursesw")]),

    // A real HTTP server that misbehaves on request, for the tests of everything above a socket.
    .target(name: "FaultServer", path: "Tests/FaultServer", swiftSettings: strict),
    .executableTarget(
      name: "fault-server", dependencies: ["FaultServer"], path: "Tests/fault-server",
      swiftSettings: strict),

    // Measures the release binary; not shipped. `make bench` runs it.
    .executableTarget(
      name: "measure",
      dependencies: [
        "Engine", "FaultServer", "Kernels", "ModelHTTP", "ModelLocal", "Sessions", "Workbench",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Benchmarks/Measure", swiftSettings: strict),

    // Runs the embedded model alone; not shipped. scripts/parity compares it with llama.cpp.
    .executableTarget(
      name: "probe-model",
      dependencies: [
        "ModelLocal", "Engine", "Kernels", "Sessions",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Benchmarks/Probe", swiftSettings: strict),

    .testTarget(name: "KernelsTests", dependencies: ["Kernels"], swiftSettings: strict),
    .testTarget(name: "JSONReaderTests", dependencies: ["JSONReader"], swiftSettings: strict),
    .testTarget(
      name: "SessionsTests", dependencies: ["Sessions"], exclude: ["Journals"],
      swiftSettings: strict),
    .testTarget(name: "EngineTests", dependencies: ["Engine"], swiftSettings: strict),
    .testTarget(
      name: "WorkbenchTests", dependencies: ["Workbench"], exclude: ["Screens"],
      swiftSettings: strict),
    .testTarget(
      name: "ModelHTTPTests", dependencies: ["ModelHTTP", "FaultServer"], swiftSettings: strict),
    .testTarget(
      name: "ModelLocalTests", dependencies: ["ModelLocal", "Kernels", "Engine", "Sessions"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "TerminalTests", dependencies: ["Terminal", "Workbench"],
      swiftSettings: importsCurses),
    .testTarget(
      name: "erratumTests", dependencies: ["erratum"], swiftSettings: importsCurses),
    .testTarget(
      name: "EndToEndTests", dependencies: ["FaultServer"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
