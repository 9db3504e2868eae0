import Foundation
import Templating
import Testing

/// The templates of this repository, as files on disk.
enum Repository {
    static let templates = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Templates").resolvingSymlinksInPath()

    static let names = folders(in: templates)

    /// Every golden case of every template.
    static let cases = names.flatMap { template in
        folders(in: templates.appending(path: "\(template)/cases")).map { Case(template: template, name: $0) }
    }

    /// One folder of `cases/`: what goes in, and what must come out.
    struct Case: Sendable, CustomTestStringConvertible {
        let template: String
        let name: String

        var testDescription: String { "\(template)/\(name)" }
        var folder: URL { templates.appending(path: "\(template)/cases/\(name)") }
        var expected: URL { folder.appending(path: "expected") }

        func input() throws -> RenderInput {
            let file = folder.appending(path: "parameters.yaml")
            return try RenderInput(yaml: String(contentsOf: file, encoding: .utf8), file: file.path)
        }

        func rendered() throws -> RenderedFiles { try render(source(of: template), input()) }
    }

    static func source(of template: String) throws -> TemplateSource {
        let files = try texts(in: templates.appending(path: template))
        return TemplateSource(files: files.filter { !$0.key.hasPrefix("cases/") })
    }

    /// The texts of a folder by relative path; none where there is no folder.
    static func texts(in folder: URL) throws -> [String: String] {
        guard let paths = FileManager.default.enumerator(atPath: folder.path) else { return [:] }
        var texts: [String: String] = [:]
        for case let path as String in paths {
            let file = folder.appending(path: path)
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            texts[path] = try String(contentsOf: file, encoding: .utf8)
        }
        return texts
    }

    private static func folders(in folder: URL) -> [String] {
        // A missing folder has no folders in it; the tests that need some say so.
        let entries = try? FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: [.isDirectoryKey], options: .skipsHiddenFiles)
        return (entries ?? []).filter { (try? $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true }
            .map(\.lastPathComponent).sorted()
    }
}
