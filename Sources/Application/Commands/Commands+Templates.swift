package import Domain
package import EventSourcing
import JSONSchema
import Templating

extension Commands {
    /// Submits a version with all its files; its name and version are those in `template.yaml`.
    @discardableResult
    package func submitTemplate(
        files: [String: String], _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        let source = TemplateSource(files: files)
        let definition: TemplateDefinition
        do throws(TemplateProblems) {
            definition = try TemplateDefinition(source: source)
        } catch {
            throw .invalid(error.violations)
        }
        let id = ID<Template>(definition.name)
        let submission = TemplateSubmitted(
            version: definition.version, title: definition.title, description: definition.description,
            files: files, digest: FileDigest.of(files), submittedBy: Actor(context.subject))
        return try await run(Template.self, on: .template(id), .submit(submission), context) { refusal(id, $0) }
    }

    @discardableResult
    package func approveTemplate(
        _ id: ID<Template>, version: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        let command = Template.Command.approve(version: version, by: Actor(context.subject))
        return try await run(Template.self, on: .template(id), command, context) { refusal(id, $0) }
    }

    @discardableResult
    package func rejectTemplate(
        _ id: ID<Template>, version: String, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        let command = Template.Command.reject(version: version, by: Actor(context.subject), reason: reason)
        return try await run(Template.self, on: .template(id), command, context) { refusal(id, $0) }
    }

    @discardableResult
    package func deprecateTemplate(
        _ id: ID<Template>, version: String, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        let command = Template.Command.deprecate(version: version, reason: reason)
        return try await run(Template.self, on: .template(id), command, context) { refusal(id, $0) }
    }

    func refusal(_ id: ID<Template>, _ rejection: Template.Rejection) -> Refusal {
        switch rejection {
        case .unknownVersion(let version):
            Refusal(
                .notFound, "template.unknown", "There is no version \(version) of a template \(id).",
                whatToDo: "Look at the template catalog for names and versions.")
        case .versionExists(let version):
            Refusal(
                .conflict, "template.version_exists", "Version \(version) of \(id) exists with other files.",
                whatToDo: "A version never changes: raise the version in template.yaml.")
        case .approverIsSubmitter:
            Refusal(
                .forbidden, "template.approver_is_submitter", "You submitted this version yourself.",
                whatToDo: "Ask another admin to approve it.")
        case .isRejected(let version):
            Refusal(
                .conflict, "template.rejected", "Version \(version) of \(id) was rejected.",
                whatToDo: "Submit a new version.")
        case .isDeprecated(let version):
            Refusal(
                .conflict, "template.deprecated", "Version \(version) of \(id) is deprecated.",
                whatToDo: "Use or submit a newer version.")
        case .isApproved(let version):
            Refusal(
                .conflict, "template.approved", "Version \(version) of \(id) is approved already.",
                whatToDo: "Deprecate it if it must not be deployed any more.")
        case .isNotApproved(let version):
            Refusal(
                .conflict, "template.not_approved", "Version \(version) of \(id) is not approved.",
                whatToDo: "Only an approved version can be deprecated.")
        }
    }
}
