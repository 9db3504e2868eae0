import EventSourcing
import Foundation
import Templating

/// Brings the templates of a folder into the catalog: submits each as one person and approves it as another.
struct TemplateImport {
    let folder: String
    let submitter: APIClient
    /// Nil leaves the versions waiting for somebody's approval.
    let approver: APIClient?

    func run(_ say: (String) -> Void) async throws {
        for name in try TemplateFolder.names(in: folder) {
            let files = try TemplateFolder(path: "\(folder)/\(name)").files
            let receipt = try await submitter.post(
                ["templates"], ["files": .object(files.mapValues(JSONValue.string))])
            let version = try version(of: files)
            if let approver { try await approver.post(["templates", name, "versions", version, "approve"], [:]) }
            let isNew = receipt["repeated"]?.bool != true
            say("Template \(name) \(version): \(approver == nil ? "submitted" : "approved")\(isNew ? "" : " before")")
        }
    }

    private func version(of files: [String: String]) throws -> String {
        try TemplateFolder.definition(files).version
    }
}
