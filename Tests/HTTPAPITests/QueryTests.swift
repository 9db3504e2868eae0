import Application
import Domain
import EventSourcing
import FoundationEssentials
import HTTPAPI
import Postgres
import PostgresEventStore
import TestSupport
import Testing

@Suite(.serialized) struct `Queries over HTTP` {
    @Test func `pages follow one another without a gap or a repetition`() async throws {
        try await withAPI { api in
            var position: Int64 = 0
            let ids = (1...7).map { "customer\($0)" }
            for id in ids {
                position = try await api.post("/api/v1/customers", ["id": .string(id), "name": "C"]).position
            }
            var seen: [String] = []
            var cursor: String?
            repeat {
                let next = cursor.map { "&cursor=\($0)" } ?? ""
                let page = try await api.get("/api/v1/customers?limit=3&after=\(position)\(next)")
                seen += (page.body["items"]?.array ?? []).compactMap { $0["id"]?.string }
                cursor = page.body["nextCursor"]?.string
            } while cursor != nil
            #expect(seen == ids)
        }
    }

    @Test func `every view's rows are as the document says`() async throws {
        try await withAPI { api in
            try await api.prepare()
            let position = try await api.remember(Past.upgraded, as: "akme-shop-production").rawValue
            for path in [
                "/customers", "/clusters", "/templates", "/templates/shop/versions",
                "/deployments", "/deployments/akme-shop-production/timeline", "/audit",
            ] {
                let page = try await api.get("/api/v1\(path)?after=\(position)")
                #expect(page.status == 200)
                #expect(page.body["items"]?.array?.isEmpty == false, "\(path)")
                #expect(page.body["position"]?.integer ?? 0 >= position)
            }
            for path in [
                "/customers/acme", "/clusters/eks-eu-1", "/templates/shop/versions/1.0.0",
                "/deployments/akme-shop-production", "/audit/1",
            ] {
                let row = try await api.get("/api/v1\(path)?after=\(position)")
                #expect(row.status == 200, "\(path)")
            }
            let deployment = try await api.get("/api/v1/deployments/akme-shop-production")
            #expect(deployment.body["liveRelease"] == 2)
            #expect(deployment.body["releases"]?.array?.count == 2)
        }
    }

    @Test func `deployments are narrowed by what people look for`() async throws {
        try await withAPI { api in
            _ = try await api.remember(Past.live, as: "akme-shop-production")
            let position = try await api.remember(Past.failedFirst, as: "akme-other-production").rawValue
            for (query, count) in [
                ("customer=akme&environment=production", 2), ("state=failed", 1), ("customer=nobody", 0),
                ("template=odoo&state=live", 1), ("cluster=frankfurt&search=AKME", 2),
            ] {
                let page = try await api.get("/api/v1/deployments?after=\(position)&\(query)")
                #expect(page.body["items"]?.array?.count == count, "\(query): \(page.text)")
            }
        }
    }

    @Test func `what is not there is a problem that says so`() async throws {
        try await withAPI { api in
            let position = try await api.post("/api/v1/customers", ["id": "acme", "name": "Acme"]).position
            for path in [
                "/customers/nobody", "/clusters/nowhere", "/templates/none/versions/1.0.0", "/deployments/a-b-c",
                "/audit/999999", "/streams/customer-nobody/events",
            ] {
                let query = path.hasPrefix("/streams") ? "" : "?after=\(position)"
                let answer = try await api.get("/api/v1\(path)\(query)")
                #expect(answer.status == 404, "\(path): \(answer.text)")
            }
        }
    }

    @Test func `a view that does not get there in time says so and when to ask again`() async throws {
        try await withAPI(configure: { $0.waitSecondsMax = 0.05 }) { api in
            let position = try await api.post("/api/v1/customers", ["id": "acme", "name": "Acme"]).position
            let answer = try await api.get("/api/v1/customers?after=\(position + 1_000)")
            #expect(answer.status == 504)
            #expect(answer.header("Retry-After") == "1")
            #expect(answer.body["retryable"] == true)
        }
    }

    @Test func `a stream's history is paged by version`() async throws {
        try await withAPI(projecting: false) { api in
            _ = try await api.remember(Past.live, as: "akme-shop-production")
            var versions: [Int64] = []
            var cursor = ""
            repeat {
                let page = try await api.get("/api/v1/streams/deployment-akme-shop-production/events?limit=5\(cursor)")
                #expect(page.header("ETag") == "\"\(Past.live.count)\"")
                versions += (page.body["items"]?.array ?? []).compactMap { $0["streamVersion"]?.integer }
                cursor = page.body["nextCursor"]?.string.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(versions == Array(1...Int64(Past.live.count)))
        }
    }

    @Test func `the audit is narrowed by who, what and when`() async throws {
        try await withAPI { api in
            let position = try await api.prepare()
            let all = try await api.get("/api/v1/audit?after=\(position)")
            let first = try #require(all.body["items"]?.array?.last)
            #expect(first["action"] == "customer.created")
            #expect(first["actorName"] == "Dana")
            let mine = try await api.get("/api/v1/audit?actor=subject-of-alan")
            #expect(mine.body["items"]?.array?.map { $0["action"] } == ["template.approved"])
            let later = try await api.get("/api/v1/audit?from=2999-01-01T00:00:00Z")
            #expect(later.body["items"] == [])
        }
    }

    @Test func `a log that cannot be reached is a retryable problem that tells nothing of the inside`() async throws {
        try await withAPI(projecting: false) { api in
            await api.pool.close()
            for answer in [
                try await api.get("/api/v1/customers"), try await api.get("/api/v1/streams/customer-acme/events"),
                try await api.post("/api/v1/customers", ["id": "acme", "name": "Acme"]),
                try await api.get("/readyz", as: nil),
            ] {
                #expect(answer.status == 503)
                #expect(answer.header("Retry-After") == "5")
                #expect(answer.body["detail"] == "The database cannot be used now.")
            }
            let answer1 = try await api.get("/healthz", as: nil)
            #expect(answer1.status == 200)
            #expect(api.log.lines.contains { $0.hasPrefix("error request answered") })
        }
    }
}

extension RunningAPI {
    /// Writes a history into the log as it is.
    func remember(_ events: [DeploymentEvent], as id: ID<Deployment>) async throws -> Position {
        let new = events.map { NewEvent(id: EventID(UUID().uuidString.lowercased()), form: $0.stored) }
        let metadata = EventMetadata(actor: "ana", correlationID: "test", source: "import")
        return try await store.append(
            Append([StreamAppend(.deployment(id), expected: .noStream, events: new)], metadata: metadata)
        ).position
    }
}
