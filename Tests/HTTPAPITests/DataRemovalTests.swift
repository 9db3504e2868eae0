import Application
import Domain
import EventSourcing
import FoundationEssentials
import HTTPTypes
import PostgresEventStore
import TestSupport
import Testing

@Suite(.serialized) struct `The data of what is decommissioned` {
    private static let path = "/api/v1/deployments/akme-shop-production"

    /// A log in which the deployment is decommissioned and has kept its data.
    private func withKeptData(_ body: @Sendable (RunningAPI) async throws -> Void) async throws {
        try await withAPI { api in
            let events = Past.decommissionedKeepingData.map { event in
                NewEvent(id: EventID(UUID().uuidString), form: event.stored)
            }
            _ = try await api.store.append(
                Append(
                    [StreamAppend(.deployment(ID("akme-shop-production")), expected: .any, events: events)],
                    metadata: EventMetadata(actor: "dana", correlationID: "c", source: "test")))
            try await body(api)
        }
    }

    @Test
    func `is removed by an administrator's wish only, shown with its time, and kept after all by whoever deploys`()
        async throws
    {
        try await withKeptData { api in
            let reason: JSONValue = ["reason": "contract ended"]
            let refused = try await api.post("\(Self.path)/data-removal", as: "dana", reason)
            #expect(refused.status == 403)
            let also = try await api.post(
                "\(Self.path)/decommission", as: "dana", ["removeData": true, "reason": "contract ended"])
            #expect((also.status, also.body["code"]) == (403, "deployment.data_removal_needs_admin"))

            let before = currentTime()
            let wished = try await api.post("\(Self.path)/data-removal", reason)
            #expect(wished.status == 202, "\(wished.text)")
            let shown = try await api.get("\(Self.path)?after=\(wished.position)").body
            #expect(shown["state"] == "decommissioned")
            #expect(shown["keptData"] == ["bucket", "access_point"])
            let removal = try #require(shown["dataRemoval"])
            #expect(removal["scheduledBy"] == "subject-of-ada" && removal["reason"] == "contract ended")
            #expect(removal["data"] == ["bucket", "access_point"])
            let time = try #require(removal["removesAt"]?.string.flatMap { Timestamp($0) })
            #expect(time >= before + .seconds(604_800))

            let request = try await api.post("\(Self.path)/data-removal/withdraw", as: "vera", reason)
            #expect(request.status == 403)
            let kept = try await api.post(
                "\(Self.path)/data-removal/withdraw", as: "dana", ["reason": "they came back"])
            #expect(kept.status == 200, "\(kept.text)")
            let after = try await api.get("\(Self.path)?after=\(kept.position)").body
            #expect(after["dataRemoval"] == .null && after["keptData"] == ["bucket", "access_point"])
            let audit = try await api.get(
                "/api/v1/audit?deployment=akme-shop-production&limit=100&after=\(kept.position)")
            #expect(audit.text.contains("is to be removed at"))
            #expect(audit.text.contains("is kept after all: they came back"))
        }
    }

    @Test func `stays out of reach for who cannot know what becomes of it`() async throws {
        try await withAPI(projecting: false) { api in
            try await api.prepare()
            let none = try await api.post("\(Self.path)/data-removal", ["reason": "over"])
            #expect((none.status, none.body["code"]) == (404, "deployment.unknown"))
            _ = try await api.post("/api/v1/deployments", as: "dana", Fixtures.deployment)
            let path = "/api/v1/deployments/acme-shop-production"
            let used = try await api.post("\(path)/data-removal", ["reason": "over"])
            #expect((used.status, used.body["code"]) == (409, "deployment.not_decommissioned"))
            let nothing = try await api.post("\(path)/data-removal/withdraw", ["reason": "over"])
            #expect((nothing.status, nothing.body["code"]) == (409, "deployment.nothing_to_withdraw"))
            for answer in [none, used, nothing] { #expect(answer.body["whatToDo"]?.string?.isEmpty == false) }
        }
    }
}
