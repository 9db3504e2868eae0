import EventSourcing
import Foundation
import HTTPTypes
import Subprocess
import TestSupport
import Testing

@Suite(.serialized) struct `A server that is killed` {
    /// Kills the server once more at each of these events of the deployment.
    static let moments = ["step_started", "committed", "synced"]

    @Test(.timeLimit(.minutes(15)))
    func `its deployment ends live with one of everything`() async throws {
        let directory = try RunningSandbox.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await RunningSandbox.run(in: directory) { sandbox in
            try await sandbox.prepare()
            let request = try await sandbox.call(.post, "/deployments", as: "dana", sandbox.order("shop"))
            #expect(request.status == 202, "\(request.body)")
            var kills = 0
            for moment in Self.moments {
                try await sandbox.until("acme-shop-production has \(moment)") {
                    let events = try await sandbox.events(of: "deployment-acme-shop-production")
                    return events.contains { $0["type"]?.string == "deployment.\(moment)" }
                }
                if let server = try sandbox.serverProcess() {
                    kill(server, SIGKILL)
                    kills += 1
                }
            }
            #expect(kills == Self.moments.count)
            try await sandbox.until("acme-shop-production is live", seconds: 180) {
                try await sandbox.call(.get, "/deployments/acme-shop-production", as: "vera").body["state"] == "live"
            }
            try await sandbox.expectOneOfEverything(for: "acme-shop-production")
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `a sandbox that was stopped goes on with the same data`() async throws {
        let directory = try RunningSandbox.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let port = RunningSandbox.freshPort()
        let first = try await RunningSandbox.run(in: directory, port: port) { sandbox in
            try await sandbox.prepare()
        }
        #expect(first == .exited(0))
        try await RunningSandbox.run(in: directory, port: port) { sandbox in
            let customer = try await sandbox.call(.get, "/customers/acme", as: "vera")
            #expect(customer.body["name"] == "Acme")
        }
    }
}

@Suite(.serialized) struct `A sandbox that is killed` {
    @Test(.timeLimit(.minutes(15)))
    func `takes its server along, and starts again on the Postgres that it left`() async throws {
        let directory = try RunningSandbox.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let port = RunningSandbox.freshPort()
        try await RunningSandbox.run(in: directory, port: port) { sandbox in
            try await sandbox.prepare()
            kill(sandbox.processIdentifier, SIGKILL)
            try await sandbox.until("the server is gone") { try sandbox.serverProcess() == nil }
        }
        let second = try await RunningSandbox.run(in: directory, port: port) { sandbox in
            let customer = try await sandbox.call(.get, "/customers/acme", as: "vera")
            #expect(customer.body["name"] == "Acme")
        }
        #expect(second == .exited(0))
        #expect(!FileManager.default.fileExists(atPath: directory + "/postgres/data/postmaster.pid"))
    }
}

@Suite(.serialized) struct `A life of a deployment` {
    @Test(.timeLimit(.minutes(15)))
    func `it is changed, rolled back to the same bytes, and decommissioned`() async throws {
        let directory = try RunningSandbox.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await RunningSandbox.run(in: directory) { sandbox in
            try await sandbox.prepare()
            let id = "acme-shop-production"
            let position = try await sandbox.accepted(.post, "/deployments", sandbox.order("shop"))
            try await sandbox.untilLive(id, release: 1, after: position)
            let original = try sandbox.files(of: id)

            _ = try await sandbox.accepted(.post, "/deployments/\(id)/releases", ["size": "large"])
            try await sandbox.untilLive(id, release: 2)
            #expect(try sandbox.files(of: id) != original)

            _ = try await sandbox.accepted(.post, "/deployments/\(id)/rollback", ["release": 1])
            try await sandbox.untilLive(id, release: 3)
            #expect(try sandbox.files(of: id).filter { !$0.key.hasPrefix("release") } == original)

            _ = try await sandbox.accepted(
                .post, "/deployments/\(id)/decommission", ["removeData": true, "reason": "the end"])
            // Before the time is over in which that can be undone.
            _ = try await sandbox.accepted(
                .post, "/deployments/\(id)/data-removal/withdraw", ["reason": "not the end of the data"])
            try await sandbox.until("\(id) is decommissioned") {
                try await sandbox.call(.get, "/deployments/\(id)", as: "vera").body["state"] == "decommissioned"
            }
            #expect(try sandbox.files(of: id).isEmpty)
            try await dataIsKeptAndRemoved(sandbox, id)
        }
    }

    /// Two decommissions are on record in the end: the first kept the data, the second removed it, with a proof for each thing.
    private func dataIsKeptAndRemoved(_ sandbox: RunningSandbox, _ id: String) async throws {
        let kept = try await sandbox.call(.get, "/deployments/\(id)", as: "vera").body
        #expect(kept["dataRemoval"] == .null && kept["bucket"]?.string != nil && kept["keptData"]?.array != nil)
        let position = try await sandbox.accepted(
            .post, "/deployments/\(id)/data-removal", ["reason": "the end of the data, too"])
        let wished = try await sandbox.call(.get, "/deployments/\(id)?after=\(position)", as: "vera").body
        #expect(wished["dataRemoval"]?["reason"] == "the end of the data, too")
        try await sandbox.until("the data of \(id) is gone") {
            let row = try await sandbox.call(.get, "/deployments/\(id)", as: "vera").body
            return row["state"] == "decommissioned" && row["keptData"] == .null && row["bucket"] == .null
        }
        let events = try await sandbox.events(of: "deployment-\(id)")
        #expect(events.count { $0["type"] == "deployment.decommissioned" } == 2)
        let last = events.lastIndex { $0["type"] == "deployment.data_removal_scheduled" } ?? 0
        let proofs = events[last...].filter { $0["type"] == "deployment.undone" }
        #expect(Set(proofs.compactMap { $0["payload"]?["step"]?.string }) == ["bucket", "access_point"])
    }
}
