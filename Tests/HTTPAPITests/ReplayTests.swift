import Application
import Domain
import EventSourcing
import PostgresEventStore
import TestSupport
import Testing

@Suite(.serialized) struct `Replays over HTTP` {
    private static let path = "/api/v1/streams/deployment-akme-shop-production/replay"

    @Test func `a stream's story is told page by page, forward and backward`() async throws {
        try await withAPI(projecting: false) { api in
            _ = try await api.remember(Past.upgraded, as: "akme-shop-production")
            let whole = try await api.story("\(Self.path)?limit=200")
            #expect(whole.compactMap { $0["streamVersion"]?.integer } == Array(1...Int64(Past.upgraded.count)))
            #expect(whole.last?["state"]?["liveRelease"] == 2, "\(whole.last ?? .null)")
            #expect(whole.allSatisfy { $0["changes"]?.array?.isEmpty == false })
            let forward = try await api.story("\(Self.path)?limit=4")
            #expect(forward == whole)
            let backward = try await api.story("\(Self.path)?limit=7&direction=backward")
            #expect(backward == whole.reversed())
        }
    }

    @Test func `a story ends at the moment that is asked for`() async throws {
        try await withAPI(projecting: false) { api in
            _ = try await api.post("/api/v1/customers", ["id": "acme", "name": "Acme"])
            _ = try await api.remember(Past.live, as: "akme-shop-production")
            let then = try await api.story("\(Self.path)?asOf=5")
            #expect(then.compactMap { $0["position"]?.integer } == [2, 3, 4, 5])
            let back = try await api.story("\(Self.path)?asOf=5&direction=backward&limit=3")
            #expect(back == then.reversed())
            let before = try await api.get("\(Self.path)?asOf=1")
            #expect(before.status == 404)
            let beyond = try await api.get("\(Self.path)?asOf=4711")
            #expect((beyond.status, beyond.errorPlaces) == (422, ["query/asOf"]), "\(beyond.text)")
            let always = try await api.story("\(Self.path)?asOf=2999-01-01T00:00:00Z")
            #expect(always.count == Past.live.count)
        }
    }

    @Test func `all of a customer's is told in the order of the log, and nobody else's`() async throws {
        try await withAPI(projecting: false) { api in
            try await api.prepare()
            let ordered = try await api.post("/api/v1/deployments", as: "dana", Fixtures.deployment)
            #expect(ordered.status == 202)
            _ = try await api.remember(Past.live, as: "akme-shop-production")
            let story = try await api.story("/api/v1/customers/acme/replay?limit=2")
            let positions = story.compactMap { $0["position"]?.integer }
            #expect(positions == positions.sorted())
            #expect(
                Set(story.compactMap { $0["stream"]?.string }) == [
                    "customer-acme", "deployment-acme-shop-production", "domainname-shop-production.acme.apps.example",
                ])
            let back = try await api.story("/api/v1/customers/acme/replay?direction=backward")
            #expect(back == story.reversed())
            let first = try await api.story("/api/v1/customers/acme/replay?asOf=1")
            #expect(first.compactMap { $0["type"]?.string } == ["customer.created"])
            #expect(first.first?["state"]?["status"] != nil || first.first?["state"]?.object?.isEmpty == false)
        }
    }

    @Test func `what was done with a person's data is a story too`() async throws {
        try await withAPI(projecting: false) { api in
            let forgotten = DataSubjectEvent.forgotten(
                .init(subject: "customer:acme", keys: [], reason: "request 7"))
            _ = try await api.store.append(
                Append(
                    [
                        StreamAppend(
                            .subject("customer:acme"), expected: .noStream,
                            events: [
                                NewEvent(id: EventID("00000000-0000-4000-8000-000000000001"), form: forgotten.stored)
                            ])
                    ],
                    metadata: EventMetadata(actor: "ada", roles: ["admin"], correlationID: "c", source: "cli")))
            for path in ["subject-customer:acme/events", "subject-customer%3Aacme/replay"] {
                let answer = try await api.get("/api/v1/streams/\(path)")
                #expect(answer.status == 200, "\(path): \(answer.text)")
                #expect(answer.body["items"]?.array?.count == 1)
            }
        }
    }

    @Test func `what has no story is not found, and what means nothing is refused`() async throws {
        try await withAPI(projecting: false) { api in
            _ = try await api.post("/api/v1/customers", ["id": "acme", "name": "Acme"])
            for path in ["streams/customer-nobody", "streams/deployment-a-b-c", "streams/wish-1", "customers/nobody"] {
                let answer = try await api.get("/api/v1/\(path)/replay")
                #expect(answer.status == 404, "\(path): \(answer.text)")
            }
            for query in ["direction=sideways", "cursor=0", "cursor=x", "limit=0", "limit=201", "asOf=soon", "after=1"]
            {
                let answer = try await api.get("/api/v1/streams/customer-acme/replay?\(query)")
                #expect(answer.status == 422, "\(query): \(answer.text)")
            }
            let name = try await api.get("/api/v1/streams/Customer/replay")
            #expect(name.errorPlaces == ["path/stream"])
        }
    }
}

extension RunningAPI {
    /// All entries, over all pages.
    fileprivate func story(_ path: String) async throws -> [JSONValue] {
        var entries: [JSONValue] = []
        var cursor: String?
        repeat {
            let next = cursor.map { (path.contains("?") ? "&" : "?") + "cursor=\($0)" } ?? ""
            let page = try await get(path + next)
            #expect(page.status == 200, "\(path): \(page.text)")
            entries += page.body["items"]?.array ?? []
            cursor = page.body["nextCursor"]?.string
        } while cursor != nil
        return entries
    }
}
