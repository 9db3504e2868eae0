import Cryptography
import EventSourcing
import FoundationEssentials
import Yams

/// One Kubernetes object as a manifest in the repository has it.
struct ArgoCDResource: Codable, Sendable, Equatable {
    let group: String
    let version: String
    let kind: String
    let namespace: String
    let name: String
    let manifest: JSONValue
    /// Of the manifest: unchanged objects are not applied again.
    let digest: String

    /// What tells objects of one cluster apart.
    var key: String { "\(group)/\(kind)/\(namespace)/\(name)" }

    private static let clusterScoped: Set = [
        "Namespace", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "StorageClass", "IngressClass",
        "CustomResourceDefinition", "PriorityClass", "ClusterSecretStore",
    ]

    init?(_ manifest: JSONValue, namespace destination: String) {
        guard let kind = manifest["kind"]?.string, let api = manifest["apiVersion"]?.string else { return nil }
        let parts = api.split(separator: "/").map(String.init)
        group = parts.count == 2 ? parts[0] : ""
        version = parts.last ?? ""
        self.kind = kind
        let own = manifest["metadata"]?["namespace"]?.string
        namespace = Self.clusterScoped.contains(kind) ? "" : own ?? destination
        name = manifest["metadata"]?["name"]?.string ?? ""
        self.manifest = manifest
        digest = SHA256.hash(manifest.bytes).hex
    }

    /// Containers' images, wherever a pod template sits.
    var images: [String] { Self.images(in: manifest) }

    private static func images(in value: JSONValue) -> [String] {
        switch value {
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { key, value in
                key == "image" ? [value.string].compactMap { $0 } : images(in: value)
            }
        case .array(let items): items.flatMap(images)
        default: []
        }
    }

    /// Hosts that an Ingress serves.
    var hosts: [String] {
        guard kind == "Ingress" else { return [] }
        return (manifest["spec"]?["rules"]?.array ?? []).compactMap { $0["host"]?.string }
    }
}

/// What a path of the repository says at one revision, or why it says nothing.
struct ArgoCDRendering: Codable, Sendable, Equatable {
    /// The commit; as asked for where it cannot be resolved.
    var revision: String
    var resources: [ArgoCDResource] = []
    var problem: String?
}

/// Reads manifests from the repository as Argo CD's repository server does for a source of plain files.
struct ArgoCDRenderer: Sendable {
    let repository: Repository
    /// `owner/name`: any address that ends so is this repository.
    let repositoryName: String
    private let known = KnownRenderings()

    init(repository: Repository, repositoryName: String) {
        self.repository = repository
        self.repositoryName = repositoryName
    }

    func knows(_ address: String) -> Bool {
        let path = address.hasSuffix(".git") ? String(address.dropLast(4)) : address
        return path.hasSuffix("/\(repositoryName)") || address == repository.path
    }

    /// The commit of a branch, tag or SHA; nil where git cannot tell.
    func resolve(_ revision: String) async throws(SimulatorError) -> String? {
        try await repository.resolve(revision.isEmpty ? "HEAD" : revision)
    }

    func render(_ spec: JSONValue, revision: String? = nil) async throws(SimulatorError) -> ArgoCDRendering {
        let source = spec["source"] ?? [:]
        let wanted = revision ?? source["targetRevision"]?.string ?? "HEAD"
        var rendering = ArgoCDRendering(revision: wanted)
        guard knows(source["repoURL"]?.string ?? "") else {
            rendering.problem = "failed to list refs: repository not found"
            return rendering
        }
        guard let commit = try await resolve(wanted) else {
            rendering.problem = "unable to resolve '\(wanted)' to a commit SHA"
            return rendering
        }
        rendering.revision = commit
        let path = (source["path"]?.string ?? "").trimming { $0 == "/" || $0 == "." }
        guard let tree = try await known.tree(at: path, in: commit, of: repository) else {
            rendering.problem = "\(path): app path does not exist"
            return rendering
        }
        let recurse = source["directory"]?["recurse"]?.bool ?? false
        let namespace = spec["destination"]?["namespace"]?.string ?? "default"
        let key = KnownRenderings.Key(tree: tree, recurse: recurse, namespace: namespace)
        if let said = await known.rendering(key) {
            rendering.resources = said.resources
            rendering.problem = said.problem
            return rendering
        }
        let entries = try await repository.entries(of: tree, recursive: recurse).filter { $0.type == "blob" }
        do {
            let readable = entries.filter { entry in Self.endings.contains { entry.path.hasSuffix($0) } }
            let contents = try await repository.contents(of: readable.map(\.sha))
            for file in try manifestFiles(entries, contents) {
                rendering.resources += try resources(in: file, contents[file.sha] ?? [], namespace: namespace)
            }
        } catch let problem as Problem {
            rendering.resources = []
            rendering.problem = problem.reason
        } catch {
            throw .repository(reason: "\(error)")
        }
        await known.keep(rendering, as: key)
        return rendering
    }

    private static let endings = [".yaml", ".yml", ".json"]

    /// Why a path cannot be rendered.
    private struct Problem: Error { let reason: String }

    /// Plain files, or the plain resources that a kustomization lists.
    private func manifestFiles(
        _ entries: [Repository.Entry], _ contents: [String: [UInt8]]
    ) throws(Problem) -> [Repository.Entry] {
        if entries.contains(where: { $0.path == "Chart.yaml" }) {
            throw Problem(reason: "Chart.yaml: the simulator renders plain manifests only, no Helm charts")
        }
        let kustomization = entries.first { ["kustomization.yaml", "kustomization.yml"].contains($0.path) }
        guard let kustomization else {
            return entries.filter { entry in Self.endings.contains { entry.path.hasSuffix($0) } }
        }
        guard let listing = try documents(of: kustomization, contents[kustomization.sha] ?? []).first,
            Set((listing.object ?? [:]).keys).isSubset(of: ["apiVersion", "kind", "resources", "namespace"])
        else {
            throw Problem(reason: "\(kustomization.path): the simulator follows a kustomization's resources only")
        }
        var files: [Repository.Entry] = []
        for name in (listing["resources"]?.array ?? []).compactMap(\.string) {
            guard let entry = entries.first(where: { $0.path == name }) else {
                throw Problem(
                    reason: "`kustomize build` failed exit status 1: Error: accumulating resources: accumulation err="
                        + "'accumulating resources from '\(name)': evalsymlink failure: no such file or directory'")
            }
            files.append(entry)
        }
        return files
    }

    private func resources(
        in file: Repository.Entry, _ bytes: [UInt8], namespace: String
    ) throws(Problem) -> [ArgoCDResource] {
        var resources: [ArgoCDResource] = []
        for document in try documents(of: file, bytes) {
            let items = document["kind"] == "List" ? document["items"]?.array ?? [] : [document]
            for item in items {
                guard let resource = ArgoCDResource(item, namespace: namespace) else {
                    throw Problem(
                        reason: "Failed to unmarshal \"\(file.path)\": Object 'Kind' or 'apiVersion' is missing")
                }
                resources.append(resource)
            }
        }
        return resources
    }

    private func documents(of file: Repository.Entry, _ bytes: [UInt8]) throws(Problem) -> [JSONValue] {
        do {
            // Not `compose_all`: its sequence ends in silence at what it cannot read.
            let parser = try Parser(yaml: String(decoding: bytes, as: UTF8.self))
            var documents: [JSONValue] = []
            while let node = try parser.nextRoot() { documents.append(try JSONValue(node: node)) }
            return documents.filter { $0 != .null }
        } catch {
            throw Problem(reason: "Failed to unmarshal \"\(file.path)\": error converting YAML to JSON: \(error)")
        }
    }
}

extension JSONValue {
    /// YAML's core schema as JSON has it; a number that JSON cannot hold stays text.
    fileprivate init(node: Node) throws {
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain
            if isPlain, node.null != nil {
                self = .null
            } else if isPlain, let value = node.bool, ["true", "false"].contains(scalar.string.lowercased()) {
                self = .bool(value)
            } else if isPlain, let value = node.int {
                self = .integer(Int64(value))
            } else if isPlain, let value = node.float, value.isFinite {
                self = .number(value)
            } else {
                self = .string(scalar.string)
            }
        case .sequence(let items): self = .array(try items.map { try JSONValue(node: $0) })
        case .mapping(let pairs):
            var members: [String: JSONValue] = [:]
            for (key, value) in pairs { members[key.scalar?.string ?? ""] = try JSONValue(node: value) }
            self = .object(members)
        case .alias: self = .null  // compose resolves anchors; one that is left names nothing.
        }
    }
}
