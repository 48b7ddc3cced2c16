// swift-tools-version:6.1
import PackageDescription

// The file-reading half of ModelLocal, by links, so that only it is instrumented. Built by `run`.
let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  targets: [
    .target(name: "Kernels"),
    .target(
      name: "ModelLocal", dependencies: ["Kernels"],
      exclude: ["Tokens/TemplateRendering.swift"]),
    .executableTarget(name: "fuzz-reader", dependencies: ["ModelLocal"]),
    .executableTarget(name: "fuzz-tokenizer", dependencies: ["ModelLocal"]),
  ],
  swiftLanguageModes: [.v6]
)
