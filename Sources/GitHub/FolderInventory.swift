package import Application
package import Domain
import EventSourcing
import HTTPClient

/// The folders of deployments at the head of the branch.
package struct FolderInventory: Inventory {
    package let kind = ResourceKind.folder
    private let repository: GitHubRepository

    package init(_ repository: GitHubRepository) { self.repository = repository }

    /// A folder's name is the deployment's; whether DeployCenter wrote it, its commits tell (`proof`).
    package func contents(of places: Set<Place>) async throws(ProviderError) -> [FoundResource] {
        let names: [String]
        do throws(GitHubFailure) {
            names = try await repository.committing.subfolders(of: "deployments")
        } catch {
            throw error.providerError
        }
        return names.map { name in
            FoundResource(
                kind: .folder, identity: name, container: repository.location.url,
                marks: OwnershipMarks(
                    deployment: name, customer: name.split(separator: "-").first.map(String.init), release: nil))
        }
    }

    package func proof(of resource: FoundResource) async throws(ProviderError) -> OwnershipMarks? {
        do throws(GitHubFailure) {
            return try await repository.committing.commitMarks(of: resource.identity)
        } catch {
            throw error.providerError
        }
    }
}

extension Committing {
    /// The names of the folders that are directly in a folder at the head; empty if there is no such folder.
    func subfolders(of folder: String) async throws(GitHubFailure) -> [String] {
        let head: GitCommit = try await session.send(
            .commit(session.configuration, try await readHead()), to: "read a commit")
        var level: GitTree = try await tree(head.tree.sha)
        for component in folder.split(separator: "/") {
            guard let entry = level.tree.first(where: { $0.path == component && $0.type == "tree" }) else { return [] }
            level = try await tree(entry.sha)
        }
        return level.tree.filter { $0.type == "tree" }.map(\.path)
    }

    private func tree(_ sha: String) async throws(GitHubFailure) -> GitTree {
        let tree: GitTree = try await session.send(
            .tree(session.configuration, sha, recursive: false), to: "list a folder")
        guard !tree.truncated else { throw .refused(reason: "a folder has more entries than GitHub lists") }
        return tree
    }

    /// What the trailers of the last commits that touched a deployment's folder say; nil if none of them is DeployCenter's.
    func commitMarks(of deployment: String) async throws(GitHubFailure) -> OwnershipMarks? {
        var call = GitHubCall.lastCommit(
            session.configuration, touching: "deployments/\(deployment)", from: try await readHead())
        // Others may have touched it since.
        call.query["per_page"] = "30"
        let commits: [GitCommitWithMessage] = try await session.send(call, to: "list commits")
        return commits.lazy.compactMap { CommitMessage.marks(of: deployment, in: $0.commit.message) }.first
    }
}

extension CommitMessage {
    /// What the trailers say of one deployment; a commit may serve several, and the lines of each stand together.
    package static func marks(of deployment: String, in message: String) -> OwnershipMarks? {
        let lines = message.split(separator: "\n")
        guard let place = lines.firstIndex(of: "DeployCenter-Deployment: \(deployment)") else { return nil }
        let release = "DeployCenter-Release: "
        let next = lines[lines.index(after: place)...].prefix { !$0.hasPrefix("DeployCenter-Deployment: ") }
        return OwnershipMarks(
            deployment: deployment, customer: deployment.split(separator: "-").first.map(String.init),
            release: next.first { $0.hasPrefix(release) }.flatMap { Int($0.dropFirst(release.count)) })
    }
}

/// An entry of a list of commits, with what its author wrote.
package struct GitCommitWithMessage: Decodable, Sendable {
    package let commit: Content

    package struct Content: Decodable, Sendable {
        package let message: String
    }
}
