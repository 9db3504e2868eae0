import EventSourcing
import Foundation
import Subprocess
import Templating
import Testing

@Suite struct `Every template of the repository` {
    @Test(arguments: Repository.names) func `has at least two cases`(template: String) {
        #expect(Repository.cases.count { $0.template == template } >= 2)
    }

    @Test func `is found`() {
        #expect(Repository.names.count >= 3)
    }

    /// `UPDATE_GOLDEN=1` writes what comes out; the difference is then reviewed like any other.
    @Test(arguments: Repository.cases) func `renders each case byte by byte`(example: Repository.Case) throws {
        let rendered = try example.rendered()
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" { try write(rendered, to: example.expected) }
        let expected = try Repository.texts(in: example.expected)
        #expect(rendered.files.keys.sorted() == expected.keys.sorted())
        for (path, text) in rendered.files { #expect(text == expected[path], "\(path)") }
        #expect(try example.rendered().digest == rendered.digest)
    }

    private func write(_ rendered: RenderedFiles, to folder: URL) throws {
        if FileManager.default.fileExists(atPath: folder.path) { try FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (path, text) in rendered.files { try Data(text.utf8).write(to: folder.appending(path: path)) }
    }

    @Test(arguments: Repository.names) func `renders in every environment and size`(template: String) throws {
        let example = try #require(Repository.cases.first { $0.template == template })
        for environment in ["development", "staging", "production"] {
            for size in ["small", "medium", "large"] {
                let input = try example.input().with(environment: environment, size: size)
                #expect(try !render(Repository.source(of: template), input).files.isEmpty)
            }
        }
    }

    @Test(arguments: Repository.cases) func `keeps every object in its namespace`(example: Repository.Case) throws {
        let namespace = try example.input().namespace
        for (path, text) in try example.rendered().files where path != "values.yaml" {
            let object = try YAMLText.read(text, file: path)
            let isClusterScoped = ["Namespace", "PersistentVolume"].contains(object["kind"]?.string)
            let expected = isClusterScoped ? nil : namespace
            #expect(object["metadata"]?["namespace"]?.string == expected, "\(path)")
            let labels = object["metadata"]?["labels"]
            #expect(labels?["deploycenter.io/deployment"]?.string == namespace, "\(path)")
            #expect(labels?["deploycenter.io/customer"]?.string == "acme", "\(path)")
        }
    }

    @Test(arguments: Repository.cases) func `runs every container under the restricted profile`(
        example: Repository.Case
    ) throws {
        for (path, text) in try example.rendered().files {
            guard let pod = podSpec(of: try YAMLText.read(text, file: path)) else { continue }
            #expect(pod["securityContext"]?["runAsNonRoot"] == true, "\(path)")
            #expect((pod["securityContext"]?["runAsUser"]?.integer ?? 0) > 0, "\(path)")
            #expect(pod["securityContext"]?["seccompProfile"]?["type"] == "RuntimeDefault", "\(path)")
            #expect(pod["automountServiceAccountToken"] == false, "\(path)")
            for container in (pod["containers"]?.array ?? []) + (pod["initContainers"]?.array ?? []) {
                #expect(container["securityContext"]?["allowPrivilegeEscalation"] == false, "\(path)")
                #expect(container["securityContext"]?["capabilities"]?["drop"] == ["ALL"], "\(path)")
                #expect(container["resources"]?["requests"]?["memory"] != nil, "\(path)")
                #expect(container["resources"]?["limits"]?["memory"] != nil, "\(path)")
                #expect(container["image"]?.string?.hasSuffix(":latest") == false, "\(path)")
            }
        }
    }

    private func podSpec(of object: JSONValue) -> JSONValue? {
        switch object["kind"]?.string {
        case "Deployment", "Job": object["spec"]?["template"]?["spec"]
        case "CronJob": object["spec"]?["jobTemplate"]?["spec"]?["template"]?["spec"]
        default: nil
        }
    }

    /// Odoo gives each of its processes the hard limit; beyond the container's limit the kernel kills one of them instead.
    @Test func `gives Odoo's container room for all its processes`() throws {
        let example = try #require(Repository.cases.first { $0.template == "odoo" })
        for size in ["small", "medium", "large"] {
            let input = try example.input().with(environment: "production", size: size)
            let files = try render(Repository.source(of: "odoo"), input).files
            let object = try YAMLText.read(files["deployment-odoo.yaml"] ?? "", file: "deployment")
            let container = try #require(podSpec(of: object)?["containers"]?.array?.first)
            let options = Dictionary(
                (container["args"]?.array ?? []).compactMap(\.string).compactMap { text -> (String, Int)? in
                    let parts = text.split(separator: "=")
                    return parts.count == 2 ? Int(parts[1]).map { (String(parts[0]), $0) } : nil
                }, uniquingKeysWith: { $1 })
            let processes = try #require(options["--workers"]) + #require(options["--max-cron-threads"]) + 1
            let wanted = try processes * #require(options["--limit-memory-hard"]) >> 20 + 512
            let limit = try #require(container["resources"]?["limits"]?["memory"]?.string)
            #expect(
                limit.hasSuffix("Mi") && Int(limit.dropLast(2)) ?? 0 >= wanted, "\(size): \(limit), wanted \(wanted)Mi")
        }
    }
}

@Suite struct `Kubernetes' own schemas` {
    /// Custom resources: kubernetes-validate has no schema for them. Every other kind must pass.
    private static let exempt: Set<String> = [
        "Cluster", "ExternalSecret", "ObjectStore", "Password", "ScheduledBackup",
    ]

    @Test(.timeLimit(.minutes(15))) func `admit every manifest of every case`() async throws {
        let python = ProcessInfo.processInfo.environment["DEPLOYCENTER_TEST_PYTHON"] ?? "python3"
        var files: [String] = []
        for example in Repository.cases {
            for (path, text) in try Repository.texts(in: example.expected) where path != "values.yaml" {
                let kind = try YAMLText.read(text, file: path)["kind"]?.string ?? ""
                if !Self.exempt.contains(kind) { files.append(example.expected.appending(path: path).path) }
            }
        }
        #expect(files.count >= 50)
        let result = try await Subprocess.run(
            .name("env"),
            arguments: Arguments(
                [python, "-m", "kubernetes_validate", "-k", "1.37", "--strict", "--quiet"] + files.sorted()),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        #expect(result.terminationStatus == .exited(0), "\(result.standardOutput)\n\(result.standardError)")
    }
}

extension RenderInput {
    fileprivate func with(environment: String, size: String) -> RenderInput {
        RenderInput(
            deployment: deployment, customer: customer, name: name, environment: environment, size: size,
            namespace: namespace, domain: domain, release: release, cluster: cluster, region: region,
            ingressHostname: ingressHostname, template: template, parameters: parameters, accessPoint: accessPoint,
            bucket: bucket, secretStore: secretStore)
    }
}
