import EventSourcing
import Foundation
import HTTPTypes
import Testing

extension RunningSandbox {
    /// A customer that is routed to a cluster.
    func prepare() async throws {
        _ = try await accepted(.post, "/customers", ["id": "acme", "name": "Acme"])
        _ = try await accepted(
            .post, "/clusters",
            [
                "id": "eks-eu-1", "destination": "eks-eu-1", "region": "eu-central-1",
                "fileSystem": "fs-0123456789abcdef0", "hostedZone": "Z0SANDBOXEU1", "zoneDomain": "eu1.apps.example",
                "ingressHostname": "lb.eu.example",
            ])
        _ = try await accepted(.put, "/customers/acme/cluster", ["cluster": "eks-eu-1"])
    }

    func order(_ name: String) -> JSONValue {
        [
            "customer": "acme", "name": .string(name), "environment": "production", "size": "small", "template": "odoo",
            "templateVersion": "1.0.0", "parameters": ["language": "de_DE"],
        ]
    }

    /// Sends a command as an admin and answers its position.
    func accepted(_ method: HTTPRequest.Method, _ path: String, _ body: JSONValue) async throws -> Int64 {
        let answer = try await call(method, path, as: "ada", body)
        try #require((200..<300).contains(answer.status), "\(method) \(path): \(answer.body)")
        return answer.body["position"]?.integer ?? 0
    }

    func events(of stream: String) async throws -> [JSONValue] {
        try await call(.get, "/streams/\(stream)/events?limit=200", as: "vera").body["items"]?.array ?? []
    }

    func untilLive(_ id: String, release: Int64, after position: Int64 = 0) async throws {
        try await until("release \(release) of \(id) is live", seconds: 120) {
            let row = try await call(.get, "/deployments/\(id)", as: "vera").body
            return row["state"] == "live" && row["liveRelease"]?.integer == release
        }
    }

    /// Asks again until the answer is yes. While the server is away, that is no answer.
    func until(_ what: String, seconds: Int = 90, _ condition: () async throws -> Bool) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        while clock.now < deadline {
            if let isSo = try? await condition(), isSo { return }
            // A read of the log as a pause: what is waited for shows there.
            try await clock.sleep(for: .milliseconds(50))
        }
        Issue.record("it never happened that \(what)")
        throw Ended(
            output: (try? String(contentsOfFile: directory + "/server.log", encoding: .utf8).suffix(3000).description)
                ?? "")
    }

    /// The deployment's files on the branch, by path below its folder.
    func files(of id: String) throws -> [String: String] {
        let repository = directory + "/github/company/deployments.git"
        let names = try git(["-C", repository, "ls-tree", "-r", "--name-only", "main", "deployments/\(id)/"])
        return try names.split(separator: "\n").reduce(into: [:]) { files, name in
            files[String(name)] = try git(["-C", repository, "show", "main:\(name)"])
        }
    }

    func git(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/git")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// No try of a killed server left a second one anywhere.
    func expectOneOfEverything(for id: String) async throws {
        let aws = try await state(offset: 1)
        let text = String(decoding: try JSONEncoder().encode(aws), as: UTF8.self)
        #expect(aws["accessPoints"]?.integer == 1, "\(text)")
        #expect(aws["buckets"]?.array?.count == 1, "\(text)")
        let argoCD = try await state(offset: 3)
        #expect(argoCD["applications"]?.integer == 1)
        let commits = try git([
            "-C", directory + "/github/company/deployments.git", "rev-list", "--count", "main", "--",
            "deployments/\(id)",
        ])
        #expect(commits.trimmingCharacters(in: .whitespacesAndNewlines) == "1")
        let results = try await events(of: "deployment-\(id)").compactMap { $0["type"]?.string }
        for fact in ["access_point_provisioned", "bucket_provisioned", "name_provisioned", "committed", "went_live"] {
            #expect(results.filter { $0 == "deployment.\(fact)" }.count == 1, "\(fact): \(results)")
        }
    }
}
