import Foundation
import Workbench

#if canImport(Darwin)
  import Darwin
#endif

/// The folders that come with the program: `themes/`, `problems/`, `sessions/`, `models/`,
/// `taxonomies/`, `guidelines/`.
struct Resources: Equatable, Sendable {
  /// The folder that holds them.
  var share: String

  /// Looks in `$ERRATUM_SHARE`, beside the installed binary, and up from a built one.
  static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    binary: String? = executablePath()
  ) -> Resources? {
    if let share = environment["ERRATUM_SHARE"], !share.isEmpty {
      return isFolder(share) ? Resources(share: share) : nil
    }
    guard let binary else { return nil }
    let folder = parent(of: binary)
    let installed = parent(of: folder) + "/share/erratum"
    if isFolder(installed + "/themes") { return Resources(share: installed) }
    var ancestor = folder
    // Deep enough for `.build/x86_64-unknown-linux-gnu/release/erratum`, and for tests.
    for _ in 0..<8 where ancestor.count > 1 {
      if isFolder(ancestor + "/themes"), isFolder(ancestor + "/problems") {
        return Resources(share: ancestor)
      }
      ancestor = parent(of: ancestor)
    }
    return nil
  }

  var themes: String { share + "/themes" }
  var problems: String { share + "/problems" }
  var sessions: String { share + "/sessions" }
  /// Kinds of mistakes, and what annotators are asked to do.
  var taxonomies: String { share + "/taxonomies" }
  var guidelines: String { share + "/guidelines" }
  /// The model that comes along, and what was found out about it.
  var model: String { share + "/models/erratum-small-q8_0.gguf" }
  var modelProfile: String { share + "/models/erratum-small.toml" }

  var hasModel: Bool { FileManager.default.isReadableFile(atPath: model) }

  /// The running program's own file, links resolved; `nil` where the system will not tell.
  static func executablePath() -> String? {
    #if canImport(Darwin)
      var size: UInt32 = 0
      _NSGetExecutablePath(nil, &size)
      var buffer = [CChar](repeating: 0, count: Int(size) + 1)
      guard _NSGetExecutablePath(&buffer, &size) == 0 else { return nil }
      let bytes = buffer.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }
      return resolved(String(decoding: bytes, as: UTF8.self))
    #else
      return resolved("/proc/self/exe")
    #endif
  }

  private static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// The plain files of a folder that end so, by name; none when the folder is not there.
  static func files(in folder: String, ending suffix: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }.sorted()
      .map { folder + "/" + $0 }
  }
}

/// The themes a person can choose: their own first, then those that ship.
struct ThemeLibrary: Equatable, Sendable {
  /// Searched in order; a person's theme hides the shipped one of that name.
  var folders: [String]

  init(folders: [String]) {
    self.folders = folders
  }

  init(configurationFolder: String?, resources: Resources?) {
    folders = [configurationFolder.map { $0 + "/themes" }, resources?.themes].compactMap(\.self)
  }

  /// Name and file of each theme, sorted by name.
  var list: [(name: String, file: String)] {
    var found: [String: String] = [:]
    for folder in folders.reversed() {
      for file in Resources.files(in: folder, ending: ".toml") {
        found[ThemeFile.stem(of: file)] = file
      }
    }
    return found.map { (name: $0.key, file: $0.value) }.sorted { $0.name < $1.name }
  }

  /// Reads a theme by name.
  ///
  /// `monochrome` is there even when no folder is.
  func load(_ name: String) throws -> ThemeFile {
    let list = list
    guard let file = list.first(where: { $0.name == name })?.file,
      let text = try TextFile.read(file, atMost: TOMLDocument.largestFile)
    else {
      if name == Theme.monochrome.name { return ThemeFile(theme: .monochrome) }
      throw FileError(
        file: "theme",
        problems: [
          FileProblem(
            message: "there is no theme \"\(name.visible)\"; "
              + allowed(list.map(\.name) + [Theme.monochrome.name], insteadOf: name))
        ])
    }
    return try ThemeFile.read(text, file: file)
  }
}
