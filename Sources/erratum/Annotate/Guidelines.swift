/// What an annotator is asked to do, in Markdown, one key away while labelling.
enum Guidelines {
  static let fileName = "guidelines.md"
  /// Nobody reads more while labelling.
  static let largestFile = 256 * 1024

  /// The text that was asked for, else the one beside the data, else the one that ships for the
  /// task; `nil` where there is none of them.
  ///
  /// - Parameters:
  ///   - asked: a path, or the name of one that ships.
  ///   - folder: where the annotated data lie.
  static func load(
    asked: String?, folder: String?, isFull: Bool, resources: Resources?
  ) throws -> String? {
    if let asked {
      let isPath = asked.contains("/") || asked.hasSuffix(".md")
      let file = isPath ? asked : resources.map { "\($0.guidelines)/\(asked).md" } ?? asked
      if let text = try TextFile.read(file, atMost: largestFile) { return text }
      let names = resources.map { Resources.files(in: $0.guidelines, ending: ".md") } ?? []
      throw FileError(
        file: asked.visible,
        problems: [
          FileProblem(
            message: isPath
              ? "there is no such file; check the path."
              : "there are no such guidelines; " + allowed(names.map(stem), insteadOf: asked))
        ])
    }
    if let folder, let text = try TextFile.read("\(folder)/\(fileName)", atMost: largestFile) {
      return text
    }
    guard let resources else { return nil }
    return try TextFile.read(
      "\(resources.guidelines)/\(isFull ? "prm800k" : "steps").md", atMost: largestFile)
  }

  private static func stem(of file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return name.hasSuffix(".md") ? String(name.dropLast(3)) : name
  }
}
