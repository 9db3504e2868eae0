import Application
import Domain
import EventSourcing
import FoundationEssentials
import HTTPTypes
import PostgresEventStore
import TestSupport
import Testing

@Suite(.serialized) struct `The report of what is stuck` {
    private func withDeployment(
        _ past: [DeploymentEvent], _ body: @Sendable (RunningAPI, Position) async throws -> Void
    ) async throws {
        try await withAPI { api in
            let events = past.map { NewEvent(id: EventID(UUID().uuidString), form: $0.stored) }
            let outcome = try await api.store.append(
                Append(
                    [StreamAppend(.deployment(ID("akme-shop-production")), expected: .any, events: events)],
                    metadata: EventMetadata(actor: "dana", correlationID: "c", source: "test")))
            try await body(api, outcome.position)
        }
    }

    @Test func `says what remains, whom to ask and how to try again, as does the deployment itself`() async throws {
        try await withDeployment(Past.incomplete) { api, position in
            let deployment = try await api.get(
                "/api/v1/deployments/akme-shop-production?after=\(position.rawValue)")
            #expect(deployment.status == 200, "\(deployment.text)")
            let remains = try #require(deployment.body["remains"]?.array)
            #expect(remains.map { $0["step"] } == ["bucket"])
            #expect(remains.first?["ask"]?.string?.contains("AWS account") == true)
            let actions = try #require(deployment.body["actions"]?.array)
            #expect(actions.map { $0["operation"] } == ["retryDeployment"])

            // The views follow each on their own.
            let views = "/api/v1/step-durations?after=\(position.rawValue)"
            #expect(try await api.get(views).status == 200)
            let report = try await api.get("/api/v1/stuck")
            #expect(report.status == 200, "\(report.text)")
            let item = try #require(report.body["items"]?.array?.first)
            #expect(item["kind"] == "incomplete" && item["deployment"] == "akme-shop-production")
            #expect(item["sentence"]?.string?.hasPrefix("There remain a bucket that may have been made") == true)
            let metrics = try await api.get("/metrics").text
            #expect(metrics.contains("deploycenter_stuck_deployments{kind=\"incomplete\"} 1"), "\(metrics)")
            #expect(metrics.contains("deploycenter_stuck_deployments{kind=\"slow\"} 0"))

            // The way that it names is one.
            let path = try #require(actions.first?["path"]?.string)
            #expect(try await api.post(path, as: "dana").status == 202)
        }
    }

    @Test func `names nothing where all goes on`() async throws {
        try await withDeployment(Past.live) { api, position in
            let deployment = try await api.get(
                "/api/v1/deployments/akme-shop-production?after=\(position.rawValue)")
            #expect(deployment.body["actions"] == [] && deployment.body["remains"] == [])
            #expect(try await api.get("/api/v1/step-durations?after=\(position.rawValue)").status == 200)
            #expect(try await api.get("/api/v1/stuck").body["items"] == [])
        }
    }
}
