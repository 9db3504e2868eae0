import Application
import Domain
import EventSourcing
import FoundationEssentials
import HTTPClient
import HTTPTypes
import Postgres
import PostgresEventStore
import TestSupport
import Testing

@Suite(.serialized) struct `Taking a hand in effects` {
    private static let deployment = "akme-shop-production"
    private static let stream = StreamName.deployment(ID("akme-shop-production"))

    /// A log in which a deployment has this past, and the effects that follow from it.
    private func withDeployment(
        _ past: [DeploymentEvent], _ body: @Sendable (RunningAPI, PostgresEffectStore) async throws -> Void
    ) async throws {
        try await withAPI(projecting: false) { api in
            let effects = PostgresEffectStore(pool: api.pool, clock: .callers)
            let metadata = EventMetadata(actor: "dana", correlationID: "c", source: "test")
            let events = past.map { event in
                NewEvent(id: EventID(UUID().uuidString), form: event.stored)
            }
            _ = try await api.store.append(
                Append([StreamAppend(Self.stream, expected: .any, events: events)], metadata: metadata))
            try await DeploymentReactor(events: api.store, effects: effects).catchUp()
            try await body(api, effects)
        }
    }

    private static func path(_ effect: String, _ verb: String? = nil) -> String {
        let escaped = effect.split(separator: "/").joined(separator: "%2F")
        return "/api/v1/effects/\(escaped)" + (verb.map { "/\($0)" } ?? "")
    }

    private static func effect(_ step: String, in list: Answer) throws -> String {
        let row = list.body["items"]?.array?.first { $0["work"]?["step"]?.string == step }
        return try #require(row?["id"]?.string)
    }

    @Test func `viewers see what waits, and only administrators change it`() async throws {
        try await withDeployment(Past.provisioning) { api, _ in
            let list = try await api.get("/api/v1/effects?deployment=\(Self.deployment)")
            #expect(list.status == 200, "\(list.text)")
            #expect(list.body["items"]?.array?.count == 5)
            let none = try await api.get("/api/v1/effects?customer=other")
            #expect(none.body["items"]?.array?.isEmpty == true)
            let bucket = try Self.effect("bucket", in: list)
            let refused = try await api.post(Self.path(bucket, "cancel"), as: "dana", ["reason": "no"])
            #expect(refused.status == 403)
            let systems = try await api.get("/api/v1/systems")
            let circuits = (systems.body["items"]?.array ?? []).compactMap { $0["circuit"]?.string }
            #expect(circuits == ["aws_efs/eu-central-1", "aws_route53", "aws_s3/eu-central-1", "none"])
        }
    }

    @Test func `a step that is given up fails its release, and whoever is at it loses it`() async throws {
        try await withDeployment(Past.provisioning) { api, effects in
            let claimed = try await effects.claim(by: "w", limit: 16, now: currentTime(), leaseSeconds: 60)
            let list = try await api.get("/api/v1/effects")
            let bucket = try Self.effect("bucket", in: list)
            let answer = try await api.post(Self.path(bucket, "cancel"), as: "ada", ["reason": "region is gone"])
            #expect(answer.status == 200, "\(answer.text)")
            let history = try await api.store.events(of: Self.stream, from: 2)
            #expect(
                history.map(\.type.rawValue) == [
                    "deployment.intervened", "deployment.step_started", "deployment.step_failed", "deployment.failed",
                ])
            #expect(history.allSatisfy { $0.metadata.actor == "subject-of-ada" })
            let lease = try #require(claimed.first { $0.lease.effectID == bucket }).lease
            await #expect(throws: EventStoreError.leaseLost(lease)) {
                try await effects.end(lease, at: currentTime(), because: "late")
            }
            let again = try await api.post(Self.path(bucket, "cancel"), as: "ada", ["reason": "region is gone"])
            #expect(again.status == 409)
        }
    }

    @Test func `a step's result cannot be made up, but a removal can be answered for`() async throws {
        try await withDeployment(Past.compensating) { api, _ in
            let list = try await api.get("/api/v1/effects")
            let rows = list.body["items"]?.array ?? []
            let undo = try #require(
                rows.first { $0["work"]?["kind"] == "undo" && $0["work"]?["step"] == "bucket" }?["id"]?.string)
            let perform = try #require(rows.first { $0["work"]?["step"] == "access_point" }?["id"]?.string)
            let refused = try await api.post(Self.path(perform, "skip"), as: "ada", ["reason": "it is there"])
            #expect(refused.status == 409)
            #expect(refused.body["code"] == "effect.not_skippable")
            let skipped = try await api.post(Self.path(undo, "skip"), as: "ada", ["reason": "ticket 4711"])
            #expect(skipped.status == 200, "\(skipped.text)")
            let last = try await api.store.events(of: Self.stream, from: 1).suffix(2)
            #expect(last.map(\.type.rawValue) == ["deployment.undone", "deployment.compensated"])
            #expect(last.first?.payload.contains("ticket 4711") == true)
        }
    }

    @Test func `a retry forgives failures, passes an open circuit once, and is on record`() async throws {
        try await withDeployment(Past.provisioning) { api, effects in
            let now = currentTime()
            let claimed = try await effects.claim(by: "w", limit: 16, now: now, leaseSeconds: 60)
            let bucket = try #require(claimed.first { $0.payload["step"] == "bucket" })
            try await effects.postpone(
                bucket.lease,
                Postponement(at: now, due: now + .seconds(600), failures: 7, continuation: nil, reason: "503"))
            try await effects.report(
                CircuitReport(
                    circuit: bucket.circuit, effectID: "e", at: now,
                    finding: .throttled(until: now + .seconds(600), inAll: nil, reason: "slow down")))
            let ready = try await api.get("/readyz", as: nil)
            #expect(ready.body["heldCircuits"] == ["aws_s3/eu-central-1"])
            let id = bucket.lease.effectID
            let answer = try await api.post(Self.path(id, "retry"), as: "ada", ["reason": "AWS is back"])
            #expect(answer.status == 200, "\(answer.text)")
            let again = try await effects.claim(by: "w", limit: 16, now: currentTime(), leaseSeconds: 60)
            #expect(again.map(\.lease.effectID) == [id])
            #expect(again.first?.failures == 7 && again.first?.forgiven == 7)
            let story = try await api.get(Self.path(id))
            #expect(story.body["event"]?["type"] == "deployment.requested")
            #expect(story.body["decision"]?.array?.count == 5)
            let hand = story.body["attempts"]?.array?.first
            #expect(hand?["type"] == "deployment.intervened" && hand?["reason"] == "AWS is back")
            #expect(hand?["actor"] == "subject-of-ada")
            let metrics = try await api.get("/metrics")
            #expect(metrics.text.contains("deploycenter_circuit_passing{circuit=\"aws_s3/eu-central-1\"} 0"))
        }
    }

    @Test func `a timer just ends, and what is not there is told`() async throws {
        try await withDeployment(Past.provisioning) { api, effects in
            let list = try await api.get("/api/v1/effects?state=scheduled")
            let timer = try #require(list.body["items"]?.array?.first?["id"]?.string)
            let answer = try await api.post(Self.path(timer, "skip"), as: "ada", ["reason": "it may take longer"])
            #expect(answer.status == 200, "\(answer.text)")
            let ended = try await api.get(Self.path(timer))
            #expect(ended.body["effect"]?["state"] == "ended")
            let unknown = try await api.post(Self.path("deployment-x-y-z/1/0", "retry"), as: "ada", ["reason": "?"])
            #expect(unknown.status == 404)
            let parked = try await api.post(Self.path("deployment-x", "retry"), as: "ada", ["reason": "?"])
            #expect(parked.status == 404)
        }
    }
}
