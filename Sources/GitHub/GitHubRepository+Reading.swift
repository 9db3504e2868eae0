package import Application
import Cryptography

extension GitHubRepository: SourceReading {
    package nonisolated func files(
        in folder: String, choose: @Sendable ([String]) -> [String]
    ) async throws(ProviderError) -> [String: String] {
        do throws(GitHubFailure) {
            return try await committing.files(in: folder, choose: choose)
        } catch {
            throw error.providerError
        }
    }
}

extension Committing {
    func files(
        in folder: String, choose: @Sendable ([String]) -> [String]
    ) async throws(GitHubFailure) -> [String: String] {
        let base: GitCommit = try await session.send(
            .commit(session.configuration, try await readHead()), to: "read a commit")
        let entries = try await FolderReading(session, rootTree: base.tree.sha).entries(of: folder)
        var names: [String: String] = [:]
        for entry in entries where entry.type == "blob" { names[entry.path] = entry.sha }
        var files: [String: String] = [:]
        for path in choose(names.keys.sorted()) {
            guard let sha = names[path] else { continue }
            let blob: GitBlobContent = try await session.send(.blob(session.configuration, sha), to: "read a file")
            guard let text = blob.text else { throw .refused(reason: "\(folder)/\(path) is no text") }
            files[path] = text
        }
        return files
    }
}

/// A file's content.
package struct GitBlobContent: Decodable, Equatable, Sendable {
    /// Base64 with line breaks.
    package let content: String
    package let encoding: String

    package var text: String? {
        guard encoding == "base64" else { return nil }
        return [UInt8](base64: content.filter { !$0.isNewline }).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
