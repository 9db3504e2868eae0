import EventSourcing
import Foundation
import HTTPClient
import HTTPTypes
import Testing

@Suite(.serialized) struct `A live application that somebody breaks in its cluster` {
    @Test(.timeLimit(.minutes(15)))
    func `is said to be ill and adrift with what is wrong, and well again, once each, though the server is killed`()
        async throws
    {
        let directory = try RunningSandbox.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }  // What is left is the system's to clean.
        try await RunningSandbox.run(in: directory) { sandbox in
            try await sandbox.prepare()
            let id = "acme-shop-production"
            _ = try await sandbox.accepted(.post, "/deployments", sandbox.order("shop"))
            try await sandbox.untilLive(id, release: 1)
            func row() async throws -> JSONValue { try await sandbox.call(.get, "/deployments/\(id)", as: "vera").body }
            #expect(try await row()["degraded"] == .null)

            let broken = try await sandbox.breakImage(of: id)
            try await sandbox.until("it is ill and adrift") {
                let row = try await row()
                return row["degraded"]?["status"] == "Degraded" && row["drifted"]?["resources"]?.array?.isEmpty == false
            }
            let ill = try await row()
            #expect(ill["state"] == "live")
            #expect(ill["degraded"]?["resource"]?.string == broken)
            #expect(ill["degraded"]?["message"]?.string?.contains("exceeded its progress deadline") == true)
            #expect(ill["drifted"]?["resources"] == [.string(broken)])

            // Who watches after it remembers nothing, and says nothing twice.
            if let server = try sandbox.serverProcess() { kill(server, SIGKILL) }
            try await sandbox.argoCD(.post, "applications/\(id)/sync", ["prune": true])
            try await sandbox.until("it is well and in sync") {
                let row = try await row()
                return row["degraded"] == .null && row["drifted"] == .null
            }
            let words = try await sandbox.events(of: "deployment-\(id)").compactMap { $0["type"]?.string }
            for word in ["became_degraded", "drifted", "recovered", "reconciled"] {
                #expect(words.count { $0 == "deployment.\(word)" } == 1, "\(word) in \(words)")
            }
        }
    }
}

extension RunningSandbox {
    /// Gives the first workload an image that there is not, as kubectl would; answers it as `kind/name`.
    fileprivate func breakImage(of application: String) async throws -> String {
        let tree = try await argoCD(.get, "applications/\(application)/resource-tree", nil)
        let node = try #require(
            tree["nodes"]?.array?.first { ["Deployment", "StatefulSet"].contains($0["kind"]?.string) })
        func text(_ member: String) -> String { node[member]?.string ?? "" }
        let patch = #"{"spec":{"template":{"spec":{"containers":[{"name":"x","image":"x:does-not-exist"}]}}}}"#
        try await argoCD(
            .post,
            "applications/\(application)/resource?namespace=\(text("namespace"))&resourceName=\(text("name"))"
                + "&version=\(text("version"))&group=\(text("group"))&kind=\(text("kind"))"
                + "&patchType=application/merge-patch%2Bjson", .string(patch))
        return "\(text("kind"))/\(text("name"))"
    }

    /// Asks the stand-in of Argo CD as its own administrator.
    @discardableResult
    fileprivate func argoCD(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue?
    ) async throws -> JSONValue {
        func ask(_ method: HTTPRequest.Method, _ path: String, _ body: JSONValue?, token: String?) async throws
            -> JSONValue
        {
            var fields: HTTPFields = [.contentType: "application/json"]
            if let token { fields[.authorization] = "Bearer \(token)" }
            let reply = try await http.send(
                HTTPRequest(
                    method: method, scheme: "http", authority: "127.0.0.1:\(port + 3)", path: "/api/v1/\(path)",
                    headerFields: fields), body: try body.map { [UInt8](try JSONEncoder().encode($0)) } ?? [],
                timeout: .seconds(20))
            try #require(reply.status == 200, "\(path): \(String(decoding: reply.body, as: UTF8.self))")
            return try JSONDecoder().decode(JSONValue.self, from: Data(reply.body))
        }
        let session = try await ask(
            .post, "session", ["username": "admin", "password": "sandbox-admin"], token: nil)
        return try await ask(method, path, body, token: session["token"]?.string)
    }
}
