import Application
import Domain
import EventSourcing
import GitHub
import HTTPTypes
import Postgres
import PostgresEventStore
import TestSupport
import Testing

@Suite(.serialized) struct `Plans over HTTP` {
    private static let path = "/api/v1/deployments/plan"

    @Test func `say what would be made, where and why there, and do nothing`() async throws {
        try await withPlanningAPI { planning in
            let plan = try await planning.api.post(Self.path, as: "dana", PlanningAPI.order()).body
            #expect(plan["deployment"] == "acme-shop-production")
            #expect(plan["release"] == 1)
            #expect(plan["domain"] == "shop-production.acme.apps.example")
            #expect(plan["cluster"]?["id"] == "eks-eu-1")
            #expect(plan["cluster"]?["rule"] == "customerRoute")
            #expect(
                plan["resources"]?.array?.map { [$0["kind"], $0["name"], $0["change"]] } == [
                    ["name", "shop-production.acme.apps.example", "create"],
                    ["application", "acme-shop-production", "create"],
                ])
            #expect(
                plan["steps"]?.array?.map { $0["step"] } == [
                    "render", "name", "commit", "application", "sync", "health",
                ])
            #expect(plan["files"]?.array?.count == 1)
            #expect(
                plan["files"]?.array?.first == [
                    "path": "configmap-shop.yaml", "change": "create",
                    "diff": """
                    --- /dev/null
                    +++ b/deployments/acme-shop-production/configmap-shop.yaml
                    @@ -0,0 +1,8 @@
                    +apiVersion: v1
                    +kind: ConfigMap
                    +metadata:
                    +  name: shop
                    +  namespace: acme-shop-production
                    +data:
                    +  domain: shop-production.acme.apps.example
                    +  workers: 2

                    """,
                ])
            #expect(plan["approval"] == nil)
            #expect(plan["warnings"]?.array?.first?.string?.hasPrefix("There is no history") == true)
            let named = try await planning.api.post(
                Self.path, as: "dana", PlanningAPI.order(nil, ["cluster": "eks-eu-1"]))
            #expect(named.body["cluster"]?["rule"] == "request")
            #expect(named.body["digest"] != plan["digest"])
            #expect(try await planning.api.store.events(of: .deployment("acme-shop-production"), from: 1) == [])
        }
    }

    @Test func `have a digest that the same plan has again, and are shown by it`() async throws {
        try await withPlanningAPI { planning in
            let digest = try await planning.plan()
            #expect(try await planning.plan() == digest)
            let other = try await planning.plan(["parameters": ["workers": 3]])
            #expect(other != digest)
            let shown = try await planning.api.get("/api/v1/plans/\(digest.string ?? "")")
            #expect(shown.status == 200)
            #expect(shown.body["digest"] == digest)
            let never = try await planning.api.get("/api/v1/plans/sha256:\(String(repeating: "0", count: 64))")
            #expect((never.status, never.body["code"]) == (404, "plan.unknown"))
        }
    }

    @Test func `hold for a request that names them, also when it is repeated`() async throws {
        try await withPlanningAPI { planning in
            let digest = try await planning.plan()
            let key = ["Idempotency-Key": "planned"]
            let body = PlanningAPI.order(digest)
            let first = try await planning.api.post("/api/v1/deployments", as: "dana", body, key)
            #expect(first.status == 202, "\(first.text)")
            // What was planned is no longer what it was: the deployment is there now.
            let second = try await planning.api.post("/api/v1/deployments", as: "dana", body, key)
            #expect(second.status == 202)
            #expect(second.body["repeated"] == true)
            #expect(second.position == first.position)
            let third = try await planning.api.post("/api/v1/deployments", as: "dana", body)
            #expect((third.status, third.body["code"]) == (409, "plan.moved"))
        }
    }

    @Test func `are refused for the same reasons as the request`() async throws {
        try await withPlanningAPI { planning in
            let wrong = PlanningAPI.order(nil, ["parameters": ["workers": 99, "unheard": 1]])
            let plan = try await planning.api.post(Self.path, as: "dana", wrong)
            let request = try await planning.api.post("/api/v1/deployments", as: "dana", wrong)
            #expect(plan.status == 422)
            #expect(plan.errorPlaces == request.errorPlaces)
            #expect(plan.errorPlaces.count == 2)
            _ = try await planning.api.post("/api/v1/deployments", as: "dana", PlanningAPI.order())
            let again = try await planning.api.post(Self.path, as: "dana", PlanningAPI.order())
            #expect((again.status, again.body["code"]) == (409, "deployment.exists"))
            #expect(try await planning.api.post(Self.path, as: "vera", PlanningAPI.order()).status == 403)
        }
    }

    @Test(arguments: Move.allCases)
    func `hold no longer once something has moved, and the refusal says what`(_ move: Move) async throws {
        try await withPlanningAPI { planning in
            let digest = try await planning.plan()
            try await move.make(planning)
            let order = PlanningAPI.order(digest, move == .parameters ? ["parameters": ["workers": 3]] : [:])
            let refused = try await planning.api.post("/api/v1/deployments", as: "dana", order)
            #expect((refused.status, refused.body["code"]) == (409, "plan.moved"), "\(refused.text)")
            #expect(refused.body["moved"]?.array?.compactMap(\.string) == move.lines)
            // A plan of now holds.
            guard move != .template, move != .cluster else { return }
            let fresh = try await planning.plan(move == .parameters ? ["parameters": ["workers": 3]] : [:])
            guard case .object(var again) = order else { return }
            again["plan"] = fresh
            #expect(try await planning.api.post("/api/v1/deployments", as: "dana", .object(again)).status == 202)
        }
    }

    @Test func `hold no longer when their time is over`() async throws {
        try await withPlanningAPI(planSeconds: 0) { planning in
            let digest = try await planning.plan()
            let late = try await planning.api.post("/api/v1/deployments", as: "dana", PlanningAPI.order(digest))
            #expect((late.status, late.body["code"]) == (409, "plan.unknown"))
            // The next plan lets go of it.
            _ = try await planning.plan(["parameters": ["workers": 3]])
            let kept = try await planning.api.pool.query("SELECT count(*) AS kept FROM deployment_plans")
            #expect(try kept.first?.int64("kept") == 1)
        }
    }

    @Test func `warn of what somebody else changed in Git`() async throws {
        try await withPlanningAPI { planning in
            try await planning.push(["configmap-shop.yaml": "mine: true\n", "left.yaml": "old: 1\n"])
            let plan = try await planning.api.post(Self.path, as: "dana", PlanningAPI.order()).body
            #expect(plan["files"]?.array?.map { $0["change"] } == ["change", "remove"])
            let diff = plan["files"]?.array?.last?["diff"]?.string ?? ""
            #expect(diff.hasSuffix("+++ /dev/null\n@@ -1,1 +0,0 @@\n-old: 1\n"), "\(diff)")
            let head = try await planning.repository.snapshot(of: PlanningAPI.folder, known: [:]).head
            #expect(plan["git"]?["head"] == .string(head))
        }
    }

    enum Move: CaseIterable {
        case template, parameters, customer, route, cluster, git

        func make(_ planning: PlanningAPI) async throws {
            let api = planning.api
            switch self {
            case .template:
                _ = try await api.post("/api/v1/templates/shop/versions/1.0.0/deprecate", ["reason": "a leak"])
            case .parameters: break
            case .customer: _ = try await api.send(.put, "/api/v1/customers/acme", json: ["name": "Acme Group"])
            case .route:
                guard case .object(var other) = Fixtures.cluster else { return }
                other["id"] = "eks-eu-2"
                _ = try await api.post("/api/v1/clusters", .object(other))
                _ = try await api.send(.put, "/api/v1/customers/acme/cluster", json: ["cluster": "eks-eu-2"])
            case .cluster: _ = try await api.post("/api/v1/clusters/eks-eu-1/cordon", ["reason": "upgrade"])
            case .git: try await planning.push(["stray.yaml": "stray: true\n"])
            }
        }

        var lines: [String] {
            switch self {
            case .template: ["Version 1.0.0 of shop is deprecated."]
            case .parameters:
                [
                    "parameters: workers was 2, is 3",
                    "rendered files: configmap-shop.yaml would have another content",
                ]
            case .customer: ["customer: name was Acme, is Acme Group"]
            case .route: ["cluster: id was eks-eu-1, is eks-eu-2"]
            case .cluster: ["The cluster eks-eu-1 is cordoned and takes no new deployments."]
            case .git: ["Git: stray.yaml is new"]
            }
        }
    }
}
