import Foundation
import Templating

/// A template as it lies on disk: `template.yaml`, `base/` and `overlays/`; its cases are tests of it and stay behind.
struct TemplateFolder {
    let files: [String: String]

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(path: String) throws {
        var files: [String: String] = [:]
        guard let walk = FileManager.default.enumerator(atPath: path) else {
            throw Failure(description: "\(path) is not a folder that can be read.")
        }
        for case let relative as String in walk {
            let isPart = relative == "template.yaml" || ["base/", "overlays/"].contains { relative.hasPrefix($0) }
            var isFolder: ObjCBool = false
            guard isPart, FileManager.default.fileExists(atPath: "\(path)/\(relative)", isDirectory: &isFolder),
                !isFolder.boolValue
            else { continue }
            files[relative] = try String(contentsOfFile: "\(path)/\(relative)", encoding: .utf8)
        }
        guard files["template.yaml"] != nil else {
            throw Failure(description: "\(path) has no template.yaml: name the folder of one template.")
        }
        self.files = files
    }

    /// The folders in `folder` that hold a template, in order.
    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/template.yaml") }
            .sorted()
    }

    static func definition(_ files: [String: String]) throws -> TemplateDefinition {
        try TemplateDefinition(source: TemplateSource(files: files))
    }
}
