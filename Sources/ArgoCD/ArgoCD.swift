package import Application
import FoundationEssentials
package import HTTPClient
import HTTPTypes

/// Argo CD as the means by which clusters come to run what Git declares.
///
/// Every call can be repeated: an application that an earlier try made is recognised by its labels.
package struct ArgoCD: ContinuousDelivery {
    package let configuration: ArgoCDConfiguration
    let client: CurlClient

    /// A refresh blocks until the controller has compared with Git, and validation renders the manifests.
    private static let timeout = Duration.seconds(60)

    package init(_ configuration: ArgoCDConfiguration, client: CurlClient) {
        self.configuration = configuration
        self.client = client
    }

    package func upsert(_ application: ApplicationRequest) async throws(ProviderError) -> ApplicationEvidence {
        let existing = try await find(application.name, project: application.project)
        if let existing { try check(existing, isOf: application.ownership.deployment) }
        do {
            let made: ArgoCDApplication = try await send(
                .make(application, replacing: existing != nil, configuration),
                to: "make application \(application.name)")
            return ApplicationEvidence(name: made.metadata.name, uid: made.metadata.uid ?? "")
        } catch .differs(let reason) where existing == nil {
            // Made by a faster replica since we looked, or there in a project that we do not see.
            guard try await find(application.name, project: application.project) != nil else {
                throw .refused(reason: "\(reason) (the name is taken in another project)")
            }
            throw .retryable(reason: reason, after: nil)
        } catch {
            throw error.providerError
        }
    }

    package func observe(
        _ name: String, project: String, refresh: Bool
    ) async throws(ProviderError) -> ApplicationObservation? {
        guard let application = try await find(name, project: project, refresh: refresh) else { return nil }
        guard application.status?.health?.status != "Healthy" else {
            return ApplicationObservation(application, tree: nil)
        }
        // The tree only explains; while Argo CD has none, the application's own state is worth having.
        let tree: ArgoCDResourceTree? = try? await send(
            .resourceTree(name, project: project), to: "read the resources of \(name)")
        return ApplicationObservation(application, tree: tree)
    }

    package func startSync(_ request: SyncRequest) async throws(ProviderError) -> SyncStart {
        do {
            let _: ArgoCDApplication = try await send(.sync(request), to: "sync \(request.application)")
            return .started
        } catch .operationInProgress {
            return .operationInProgress
        } catch .notInWindow(let reason) {
            return await closedWindow(of: request, reason)
        } catch {
            throw error.providerError
        }
    }

    package func terminateOperation(_ name: String, project: String) async throws(ProviderError) {
        do {
            try await exchange(.terminateOperation(name, project: project), to: "end the sync of \(name)")
        } catch .noOperation, .missing {
            // It ended by itself, or the application went with it.
        } catch {
            throw error.providerError
        }
    }

    package func remove(
        _ name: String, project: String, deployment: String, wasMade: Bool = false
    ) async throws(ProviderError) -> Progress<Absence> {
        guard let application = try await find(name, project: project) else {
            if wasMade, try await delete(name, project: project) { return Self.removing(name) }
            return .done(Absence("Argo CD answers 404 for application \(name) of project \(project)"))
        }
        guard application.deployment == deployment else {
            let owner = application.deployment.map { "belongs to deployment \($0)" } ?? "was not made by DeployCenter"
            return .done(Absence("application \(name) of project \(project) \(owner)"))
        }
        if !application.isBeingDeleted { _ = try await delete(name, project: project) }
        return Self.removing(name)
    }

    private static func removing(_ name: String) -> Progress<Absence> {
        .pending(observation: "Argo CD is removing what \(name) runs", continuation: nil, pollAfter: .seconds(3))
    }

    /// False if there is no such application.
    private func delete(_ name: String, project: String) async throws(ProviderError) -> Bool {
        do {
            try await exchange(.delete(name, project: project), to: "delete application \(name)")
            return true
        } catch .missing {
            return false
        } catch {
            throw error.providerError
        }
    }

    private func find(
        _ name: String, project: String, refresh: Bool = false
    ) async throws(ProviderError) -> ArgoCDApplication? {
        do {
            return try await send(.get(name, project: project, refresh: refresh), to: "read application \(name)")
        } catch .missing {
            return nil
        } catch {
            throw error.providerError
        }
    }

    private func check(_ existing: ArgoCDApplication, isOf deployment: String) throws(ProviderError) {
        let name = existing.metadata.name
        guard let owner = existing.deployment else {
            throw .refused(reason: "an application \(name) exists that DeployCenter did not make")
        }
        guard owner == deployment else {
            throw .refused(reason: "application \(name) belongs to deployment \(owner)")
        }
        guard !existing.isBeingDeleted else {
            throw .retryable(reason: "application \(name) is still being deleted", after: .seconds(5))
        }
    }

    func send<Answer: Decodable & Sendable>(
        _ call: ArgoCDCall, as type: Answer.Type = Answer.self, to operation: String
    ) async throws(ArgoCDFailure) -> Answer {
        let body = try await exchange(call, to: operation)
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(body))
        } catch {
            throw .retryable(reason: "Argo CD's answer to \(operation) is not what its API describes", after: nil)
        }
    }

    @discardableResult
    private func exchange(_ call: ArgoCDCall, to operation: String) async throws(ArgoCDFailure) -> [UInt8] {
        let body: [UInt8]
        do {
            body = try call.encodedBody() ?? []
        } catch {
            throw .refused(reason: "the request to \(operation) cannot be written as JSON")
        }
        let reply: HTTPReply
        do {
            reply = try await client.send(call.request(for: configuration), body: body, timeout: Self.timeout)
        } catch .cancelled {
            throw .retryable(reason: "Argo CD was not waited for to \(operation)", after: nil)
        } catch {
            throw .unavailable(reason: "Argo CD did not answer to \(operation): \(error)")
        }
        guard reply.head.status.kind == .successful else {
            throw ArgoCDFailure(reply.head, body: reply.body, to: operation)
        }
        return reply.body
    }
}
