import Foundation
import TestSupport

/// The repository's own files, as the rules read them.
enum SourceTree {
    static let root = URL(filePath: Repository.root)

    /// The Swift modules under `Sources/`: discovered, so that a new one cannot be forgotten.
    static func modules() throws -> [String] {
        let folders = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path)
        return try folders.filter { try !files(under: "Sources/\($0)", ending: ".swift").isEmpty }.sorted()
    }

    /// Paths from the root, sorted.
    static func files(under folder: String, ending: String) throws -> [String] {
        let start = root.appending(path: folder)
        guard FileManager.default.fileExists(atPath: start.path) else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: start.path)
            .filter { $0.hasSuffix(ending) && !$0.contains(".build/") }.map { "\(folder)/\($0)" }.sorted()
    }

    /// Every Swift file, read once for all rules.
    static func swiftFiles() throws -> [SourceFile] { try readOnce.get() }

    private static let readOnce = Result {
        try ["Sources", "Tests"].flatMap { try files(under: $0, ending: ".swift") }.map(SourceFile.init)
    }
}

/// One Swift file, with code, comments and strings told apart line by line.
struct SourceFile {
    let path: String
    let lines: [Line]

    struct Line {
        let number: Int
        let raw: String
        /// Without comments, and with empty strings.
        let code: String
        let comment: String

        var isComment: Bool { code.allSatisfy(\.isWhitespace) && !comment.isEmpty }
    }

    init(_ path: String) throws {
        self.init(
            path: path, text: try String(contentsOf: SourceTree.root.appending(path: path), encoding: .utf8))
    }

    init(path: String, text: String) {
        self.path = path
        var division = LineDivision()
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { index, raw in
            let (code, comment) = division.divide(raw)
            return Line(number: index + 1, raw: String(raw), code: code, comment: comment)
        }
    }

    /// The module of a source, or the target of a test.
    var module: String { String(path.split(separator: "/")[1]) }
    var isTest: Bool { path.hasPrefix("Tests/") }
}
