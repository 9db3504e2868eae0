import EventSourcing
import HTTPTypes
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
            let version = try TemplateFolder.definition(files).version
            let submitted = try await submitter.send(
                .post, ["templates"], query: [], body: ["files": .object(files.mapValues(JSONValue.string))])
            var answer = submitted
            if let approver, submitted.isSuccess {
                answer = try await approver.send(
                    .post, ["templates", name, "versions", version, "approve"], query: [], body: [:])
            }
            // What people have decided about a version stands: it is told, and is no reason to stop.
            guard answer.isSuccess || answer.status == 409 else {
                throw TemplateFolder.Failure(
                    description: "\(name) \(version) was not accepted: \(answer.problem)")
            }
            let standing = answer.isSuccess ? (approver == nil ? "submitted" : "approved") : answer.problem
            say("Template \(name) \(version): \(standing)")
        }
    }
}
