import Application
import Domain
import EventSourcing
import HTTPTypes
import PostgresEventStore
import TestSupport
import Testing

@Suite(.serialized) struct `Approvals of releases over HTTP` {
    private static let stream = StreamName.deployment("acme-shop-production")
    private static let path = "/api/v1/deployments/acme-shop-production"
    private static let policy = "environment=production"

    @Test func `hold a request back until somebody else approves its plan`() async throws {
        try await withPlanningAPI(policy: Self.policy, projecting: true) { planning in
            let api = planning.api
            let digest = try await planning.plan()
            let asked = try await api.post("/api/v1/deployments", as: "ada", PlanningAPI.order(digest))
            #expect(asked.status == 202, "\(asked.text)")
            #expect(try await planning.types() == ["deployment.approval_requested"])

            let waiting = try await api.get("\(Self.path)?after=\(asked.position)")
            #expect(waiting.body["state"] == "awaiting_approval")
            #expect(waiting.body["awaiting"]?["plan"] == digest)
            #expect(waiting.body["awaiting"]?["rule"] == "environment=production")
            let list = try await api.get(
                "/api/v1/approvals?kind=deployment&decidableBy=subject-of-alan&after=\(asked.position)")
            #expect(list.body["items"]?.array?.map { $0["subject"] } == ["acme-shop-production"])
            #expect(list.body["items"]?.array?.map { $0["digest"] } == [digest])

            let decision: JSONValue = ["digest": digest, "reason": "seen with the customer"]
            #expect(try await api.post("\(Self.path)/approve", as: "dana", decision).status == 403)
            let own = try await api.post("\(Self.path)/approve", as: "ada", decision)
            #expect((own.status, own.body["code"]) == (403, "deployment.approver_is_requester"))
            let other = try await api.post(
                "\(Self.path)/approve", as: "alan",
                ["digest": .string("sha256:" + String(repeating: "1", count: 64)), "reason": "fine"])
            #expect((other.status, other.body["code"]) == (409, "deployment.other_plan"))
            let approved = try await api.post("\(Self.path)/approve", as: "alan", decision)
            #expect(approved.status == 202, "\(approved.text)")
            #expect(
                try await planning.types()
                    == ["deployment.approval_requested", "deployment.approved", "deployment.requested"])
            let begun = try await api.get("\(Self.path)?after=\(approved.position)")
            #expect(begun.body["state"] == "requested")
            #expect(begun.body["awaiting"] == .null)
            #expect(begun.body["requestedBy"] == "subject-of-ada")
            let empty = try await api.get("/api/v1/approvals?after=\(approved.position)")
            #expect(empty.body["items"] == [])
        }
    }

    @Test func `of a plan that moved meanwhile are refused with what moved`() async throws {
        try await withPlanningAPI(policy: Self.policy) { planning in
            let api = planning.api
            // Asked for without a plan: it is made then.
            _ = try await api.post("/api/v1/deployments", as: "dana", PlanningAPI.order())
            let digest = try #require(try await planning.awaited())
            try await planning.push(["stray.yaml": "stray: true\n"])
            _ = try await api.send(.put, "/api/v1/customers/acme", json: ["name": "Acme Group"])
            let decision: JSONValue = ["digest": .string(digest), "reason": "fine"]
            let refused = try await api.post("\(Self.path)/approve", decision)
            #expect((refused.status, refused.body["code"]) == (409, "plan.moved"), "\(refused.text)")
            #expect(refused.body["moved"] == ["customer: name was Acme, is Acme Group", "Git: stray.yaml is new"])
            #expect(try await planning.types() == ["deployment.approval_requested"])
            // Once all is as it was planned, it can be approved.
            try await planning.push([:])
            _ = try await api.send(.put, "/api/v1/customers/acme", json: ["name": "Acme"])
            #expect(try await api.post("\(Self.path)/approve", decision).status == 202)
        }
    }

    @Test func `that are refused give the domain back and leave room for another request`() async throws {
        try await withPlanningAPI(policy: Self.policy) { planning in
            let api = planning.api
            _ = try await api.post("/api/v1/deployments", as: "dana", PlanningAPI.order())
            let domain = StreamName.domainName("shop-production.acme.apps.example")
            #expect(try await api.store.events(of: domain, from: 1).map(\.type.rawValue) == ["domain_name.claimed"])
            let rejected = try await api.post("\(Self.path)/reject", ["reason": "not before Monday"])
            #expect(rejected.status == 200, "\(rejected.text)")
            #expect(
                try await api.store.events(of: domain, from: 1).map(\.type.rawValue)
                    == ["domain_name.claimed", "domain_name.released"])
            let again = try await api.post("\(Self.path)/reject", ["reason": "not before Monday"])
            #expect((again.status, again.body["code"]) == (409, "deployment.nothing_to_approve"))
            #expect(try await api.post("/api/v1/deployments", as: "dana", PlanningAPI.order()).status == 202)
            #expect(
                try await planning.types()
                    == ["deployment.approval_requested", "deployment.rejected", "deployment.approval_requested"])
        }
    }

    @Test func `are asked for by the customer's tier, and by nothing else`() async throws {
        try await withPlanningAPI(policy: "tier=gold,template=shop+environment=staging") { planning in
            let api = planning.api
            let before = try await api.post("/api/v1/deployments/plan", PlanningAPI.order())
            #expect(before.body["approval"] == nil)
            let staging = try await api.post(
                "/api/v1/deployments/plan", PlanningAPI.order(nil, ["environment": "staging"]))
            #expect(staging.body["approval"]?["rule"] == "template=shop+environment=staging")
            let change = try await api.send(.put, "/api/v1/customers/acme", json: ["name": "Acme", "tier": "gold"])
            #expect(change.status == 200, "\(change.text)")
            let after = try await api.post("/api/v1/deployments/plan", PlanningAPI.order())
            #expect(after.body["approval"]?["rule"] == "tier=gold")
            #expect(after.body["digest"] != before.body["digest"])
        }
    }

    @Test func `can be withdrawn by who asked`() async throws {
        try await withPlanningAPI(policy: Self.policy) { planning in
            let api = planning.api
            _ = try await api.post("/api/v1/deployments", as: "dana", PlanningAPI.order())
            let withdrawn = try await api.post("\(Self.path)/cancel", as: "dana", ["reason": "a typo"])
            #expect(withdrawn.status == 202)
            #expect(
                try await planning.types() == ["deployment.approval_requested", "deployment.approval_withdrawn"])
        }
    }
}

extension PlanningAPI {
    fileprivate func types() async throws -> [String] {
        try await api.store.events(of: .deployment("acme-shop-production"), from: 1).map(\.type.rawValue)
    }

    /// The digest of the plan that waits.
    fileprivate func awaited() async throws -> String? {
        guard let last = try await api.store.events(of: .deployment("acme-shop-production"), from: 1).last,
            case .approvalRequested(let fact) = try DeploymentEvent(last)
        else { return nil }
        return fact.digest
    }
}
