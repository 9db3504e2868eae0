import Domain
import EventSourcing
import TestSupport
import Testing

@Suite(.serialized) struct `A release's time over HTTP` {
    private func path(_ release: Int, of id: String = "akme-shop-production", _ position: Position) -> String {
        "/api/v1/deployments/\(id)/releases/\(release)/time?after=\(position.rawValue)"
    }

    @Test func `is told for each release by its number, in one sentence and step by step`() async throws {
        try await withAPI { api in
            let position = try await api.remember(Past.upgraded, as: "akme-shop-production")
            let first = try await api.get(path(1, position), as: "vera")
            #expect(first.status == 200, "\(first.text)")
            #expect(first.body["state"] == "live" && first.body["overBudgetSeconds"] == 0)
            #expect(first.body["budgetSeconds"] == 180)
            #expect(first.body["steps"]?.array?.map { $0["step"]?.string } == Step.allCases.map(\.rawValue))
            #expect(first.body["sentence"]?.string?.contains("within the budget of 180 s") == true, "\(first.text)")
            #expect(first.header("Deploycenter-Position").flatMap { Int64($0) } == position.rawValue)
            let second = try await api.get(path(2, position))
            #expect(second.body["steps"]?.array?.map { $0["step"]?.string } == Past.repeatable.map(\.rawValue))
            // Its path ends with health; that it began is known without the release before it.
            #expect(second.body["steps"]?.array?.last?["isOnCriticalPath"] == true)
        }
    }

    @Test func `is compared with what the template took on the cluster before the release was requested`() async throws
    {
        try await withAPI { api in
            let first = try await api.remember(Past.live, as: "akme-shop-production")
            _ = try await api.get("/api/v1/step-durations?after=\(first.rawValue)")
            let alone = try await api.get(path(1, first))
            #expect(alone.body["steps"]?.array?.compactMap { $0["usualSeconds"] } == [], "\(alone.text)")
            let next = try await api.remember(Past.live, as: "akme-other-production")
            let compared = try await api.get(path(1, of: "akme-other-production", next))
            #expect(compared.body["steps"]?.array?.compactMap { $0["usualSeconds"] }.count == Step.allCases.count)
        }
    }

    @Test func `of one that failed goes on with what is taken back`() async throws {
        try await withAPI { api in
            let failed = try await api.remember(Past.incomplete, as: "akme-shop-production")
            let answer = try await api.get(path(1, failed))
            #expect(answer.body["state"] == "failed")
            #expect(answer.body["compensation"]?["remaining"] == ["bucket"], "\(answer.text)")
            let compensating = try await api.remember(Past.compensating, as: "akme-other-production")
            let other = try await api.get(path(1, of: "akme-other-production", compensating))
            #expect(other.body["compensation"]?["isUnderWay"] == true, "\(other.text)")
        }
    }

    @Test func `begins with the approval, and tells how long that took`() async throws {
        try await withAPI { api in
            let waiting = try await api.remember([Past.awaiting()], as: "akme-shop-production")
            let before = try await api.get(path(1, waiting))
            #expect(before.body["state"] == "awaiting_approval" && before.body["elapsedSeconds"] == 0, "\(before.text)")
            let approved = try await api.remember([Past.awaiting()] + Past.live, as: "akme-other-production")
            let after = try await api.get(path(1, of: "akme-other-production", approved))
            #expect(after.body["state"] == "live")
            #expect(after.body["approvalSeconds"] != nil, "\(after.text)")
        }
    }

    @Test func `of none is a problem that says so`() async throws {
        try await withAPI { api in
            let position = try await api.remember(Past.decommissioning, as: "akme-shop-production")
            // The end of a deployment has a number, and is no release.
            for path in [path(2, position), path(7, position), path(1, of: "akme-none-production", position)] {
                let answer = try await api.get(path)
                #expect((answer.status, answer.body["code"]) == (404, "release.unknown"), "\(answer.text)")
            }
            #expect(try await api.get(path(0, position)).status == 422)
        }
    }
}
