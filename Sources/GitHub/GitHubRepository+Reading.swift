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

    package nonisolated func snapshot(
        of folder: String, known: [String: String]
    ) async throws(ProviderError) -> FolderSnapshot {
        do throws(GitHubFailure) {
            return try await committing.snapshot(of: folder, known: known)
        } catch {
            throw error.providerError
        }
    }
}

extension Committing {
    func files(
        in folder: String, choose: @Sendable ([String]) -> [String]
    ) async throws(GitHubFailure) -> [String: String] {
        let names = try await blobs(in: folder, at: try await readHead())
        var files: [String: String] = [:]
        for path in choose(names.keys.sorted()) {
            guard let sha = names[path] else { continue }
            files[path] = try await text(sha, of: "\(folder)/\(path)")
        }
        return files
    }

    func snapshot(of folder: String, known: [String: String]) async throws(GitHubFailure) -> FolderSnapshot {
        let head = try await readHead()
        var files: [String: String] = [:]
        for (path, sha) in try await blobs(in: folder, at: head) {
            if let text = known[path], GitBlob.sha(of: text) == sha {
                files[path] = text
            } else {
                files[path] = try await text(sha, of: "\(folder)/\(path)")
            }
        }
        return FolderSnapshot(head: head, files: files)
    }

    /// Names of contents by path.
    private func blobs(in folder: String, at commit: String) async throws(GitHubFailure) -> [String: String] {
        let base: GitCommit = try await session.send(.commit(session.configuration, commit), to: "read a commit")
        let entries = try await FolderReading(session, rootTree: base.tree.sha).entries(of: folder)
        var names: [String: String] = [:]
        for entry in entries where entry.type == "blob" { names[entry.path] = entry.sha }
        return names
    }

    private func text(_ sha: String, of path: String) async throws(GitHubFailure) -> String {
        let blob: GitBlobContent = try await session.send(.blob(session.configuration, sha), to: "read a file")
        guard let text = blob.text else { throw .refused(reason: "\(path) is no text") }
        return text
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
