import Domain
import EventSourcing
import Templating

extension StepExecution {
    /// Proves that the template gives valid files before they are needed. The ids of what is made beside it are not known yet, so
    /// stand-ins take their place; `commit` renders again with the real ones.
    func render(_ context: StepContext) async throws(ProviderError) -> Progress<StepResult> {
        let files = try await files(of: context.release, number: context.number, context, resources: nil)
        return .done(.rendered(files: files.keys.sorted()))
    }

    func commit(_ context: StepContext) async throws(ProviderError) -> Progress<StepResult> {
        let files = try await files(
            of: context.release, number: context.number, context, resources: context.state.resources)
        let subject = "deploy \(context.deployment): \(context.release.template) \(context.release.templateVersion)"
        let made = try await providers.repository.commit(change(files, subject: subject, context))
        return .done(
            .committed(
                commit: made.commit, repository: providers.repository.location.url, folder: context.deployment.folder))
    }

    /// Brings back the live release's files, or removes the folder if there is no live release.
    func takeFilesBack(_ context: StepContext) async throws(ProviderError) -> Progress<Removal> {
        if !context.state.isEnding, let number = context.state.liveRelease, let live = context.state.releases[number] {
            let files = try await files(
                of: live, number: number, context, resources: context.state.resources)
            let subject = "restore \(context.deployment): release \(number)"
            let made = try await providers.repository.commit(change(files, subject: subject, context))
            return .done(Removal("the folder holds release \(number) again at \(made.commit)", commit: made.commit))
        }
        let made = try await providers.repository.commit(
            change([:], subject: "remove \(context.deployment)", context))
        return .done(Removal("the folder is absent at \(made.commit)", commit: made.commit))
    }

    /// Rendered here, which is no waiting for others.
    private func files(
        of release: Release, number: Int, _ context: StepContext, resources: Deployment.Resources?
    ) async throws(ProviderError) -> [String: String] {
        let begin = context.now
        defer { context.outside.add(begin - context.now) }
        return try await templates.files(
            of: release, number: number, context.deployment, conventions, resources: resources)
    }

    private func change(_ files: [String: String], subject: String, _ context: StepContext) -> FolderChange {
        FolderChange(
            folder: context.deployment.folder, files: files, subject: String(subject.prefix(72)),
            trailers: [
                // The first of a deployment's lines: a commit has those of several, one block after another.
                .init("DeployCenter-Deployment", context.deployment.rawValue),
                .init("Requested-by", context.requestedBy),
                .init("DeployCenter-Release", String(context.number)),
                .init("DeployCenter-Event", context.cause.rawValue),
                .init("DeployCenter-Render-SHA256", FileDigest.of(files)),
            ])
    }
}

extension Deployment.State {
    /// Whether everything goes, not only what the last release made.
    fileprivate var isEnding: Bool {
        switch phase {
        case .decommissioning, .decommissionIncomplete, .decommissioned: true
        case .unknown, .awaitingApproval, .provisioning, .held, .live, .compensating, .failed, .cancelled,
            .compensationIncomplete, .notApproved:
            false
        }
    }
}
