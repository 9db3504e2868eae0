import Application
import Domain
import EventSourcing
import TestSupport
import Testing

@Suite(.serialized) struct `Questions over HTTP` {
    @Test func `each has rows once something happened, and is narrowed by its filters`() async throws {
        try await withAPI { api in
            let position = try await api.busyWeek()
            for (path, count) in [
                ("/approvals", 1), ("/approvals?template=shop", 1), ("/approvals?template=odoo", 0),
                ("/approvals?decidableBy=subject-of-alan", 1), ("/approvals?decidableBy=subject-of-ada", 0),
                ("/step-durations?step=bucket", 1), ("/step-durations?step=release&by=step", 1),
                ("/step-durations?step=bucket&cluster=elsewhere", 0),
                ("/resources?kind=bucket&customer=akme", 1), ("/resources?state=removed", 0),
                ("/customers/acme/history?kind=customer", 2), ("/customers/akme/history?kind=release", 4),
                ("/template-usage?template=shop&standing=approved", 1), ("/template-usage?inUse=true", 1),
                ("/template-usage?customer=nobody", 0),
            ] {
                let page = try await api.get("/api/v1\(path)\(path.contains("?") ? "&" : "?")after=\(position)")
                #expect(page.status == 200, "\(path): \(page.text)")
                #expect(page.body["items"]?.array?.count == count, "\(path): \(page.text)")
            }
            let waiting = try await api.get("/api/v1/approvals")
            let approval = waiting.body["items"]?.array?.first
            #expect(approval?["subject"] == "shop@2.0.0")
            #expect(approval?["basisVersion"] == "1.0.0")
            #expect(approval?["changes"]?.array?.map { $0["path"] } == ["template.yaml"])
            let usage = try await api.get("/api/v1/template-usage?template=odoo&templateVersion=1.1.0")
            #expect(usage.body["items"]?.array?.first?["liveCount"] == 1)
            let steps = try await api.get("/api/v1/step-durations?by=template&limit=200")
            #expect(steps.body["items"]?.array?.first?["step"] == "release", "\(steps.text)")
        }
    }

    @Test func `what means nothing is refused`() async throws {
        try await withAPI(projecting: false) { api in
            for query in [
                "approvals?kind=", "step-durations?step=dance", "step-durations?from=yesterday",
                "step-durations?by=zzz", "step-durations?by=cluster,",
                "step-durations?by=cluster,zzz", "resources?state=lost",
                "resources?colour=red", "customers/acme/history?until=1", "customers/acme/history?customer=other",
                "template-usage?standing=loved", "template-usage?cursor=abc", "customers/ACME/history",
            ] {
                let answer = try await api.get("/api/v1/\(query)")
                #expect(answer.status == 422 || answer.status == 503, "\(query): \(answer.text)")
                // A cursor is the view's own; before the view is there nobody can judge it.
                if !query.contains("cursor") { #expect(answer.errorPlaces.count == 1, "\(query): \(answer.text)") }
            }
        }
    }

    @Test func `a row of any view is explained by the events that made it`() async throws {
        try await withAPI { api in
            let position = try await api.busyWeek()
            for (view, key, kinds) in [
                ("customers", "acme", ["created", "changed"]), ("clusters", "eks-eu-1", ["created"]),
                ("template_catalog", "shop@1.0.0", ["created", "changed"]),
                ("approvals_waiting", "template_version/shop@1.0.0", ["created", "removed"]),
                ("resource_inventory", "akme-shop-production/bucket/dc-akme-shop-production", nil),
                ("deployment_timeline", "akme-shop-production/1/do/bucket", ["created", "changed"]),
                ("audit_trail", "1", ["created"]), ("template_usage", "odoo@1.1.0", nil),
                ("deployment_status", "akme-shop-production", nil),
            ] as [(String, String, [String]?)] {
                let answer = try await api.get("/api/v1/explanations?explain=\(view)/\(key)&after=\(position)")
                #expect(answer.status == 200, "\(view)/\(key): \(answer.text)")
                let steps = answer.body["steps"]?.array ?? []
                #expect(!steps.isEmpty)
                #expect(answer.body["leadsToServedRow"] == true, "\(view)")
                #expect(answer.header("Deploycenter-Position") == "\(answer.position)")
                if let kinds { #expect(steps.compactMap { $0["kind"]?.string } == kinds, "\(view): \(answer.text)") }
            }
            let past = try await api.get("/api/v1/explanations?explain=customers/acme&asOf=1")
            #expect(past.body["steps"]?.array?.count == 1)
            #expect(past.body["row"]?["cluster"] == .null)
            #expect(past.body["steps"]?.array?.first?["event"]?["actorName"] == "Dana")
        }
    }

    @Test func `what cannot be explained is said to be unknown or nothing`() async throws {
        try await withAPI { api in
            _ = try await api.post("/api/v1/customers", ["id": "acme", "name": "Acme"])
            let missing = try await api.get("/api/v1/explanations?explain=customers/nobody")
            #expect((missing.status, missing.body["code"]) == (404, "row.unknown"))
            for query in ["", "?explain=", "?explain=customers", "?explain=customers/", "?explain=wishes/1"] {
                let answer = try await api.get("/api/v1/explanations\(query)")
                #expect(answer.status == 422, "\(query)")
                #expect(answer.errorPlaces.first == "query/explain", "\(query)")
            }
        }
    }
}

extension RunningAPI {
    /// What a few busy days leave: an approved version and one that waits, a customer, and a deployment that was upgraded.
    func busyWeek() async throws -> Int64 {
        try await prepare()
        let second = try await post("/api/v1/templates", ["files": .object(Fixtures.template("2.0.0"))])
        #expect(second.status == 201, "\(second.text)")
        return try await remember(Past.upgraded, as: "akme-shop-production").rawValue
    }
}
