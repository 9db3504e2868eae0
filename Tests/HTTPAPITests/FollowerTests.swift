import Application
import EventSourcing
import HTTPClient
import HTTPTypes
import Postgres
import TestSupport
import Testing

@Suite(.serialized) struct `What follows the log` {
    @Test(.timeLimit(.minutes(15)))
    func `an event that cannot be folded stops its view alone, for all to see, until somebody mends it`() async throws {
        try await withAPI { api in
            _ = try await api.post("/api/v1/customers", ["id": "acme", "name": "Acme"])
            let table = try await api.liveTable(of: "customers")
            try await api.pool.execute(
                script: "ALTER TABLE \(table) ADD CONSTRAINT nobody_is_globex CHECK (id <> 'globex')")
            let bad = try await api.post("/api/v1/customers", ["id": "globex", "name": "Globex"]).position
            try await eventually("the view stands still") {
                try await api.get("/readyz", as: nil).body["status"] == "degraded"
            }
            let ready = try await api.get("/readyz", as: nil)
            #expect(ready.status == 200)
            let failed = ready.body["subscriptions"]?.array?.filter { $0["state"] == "failed" }
            #expect(failed?.map { $0["name"] } == ["projection:customers"])
            #expect(failed?.first?["failedAt"]?.integer == bad)
            #expect(!ready.text.contains("nobody_is_globex"))

            let list = try await api.get("/api/v1/subscriptions", as: "ada")
            let status = list.body["items"]?.array?.first { $0["name"] == "projection:customers" }
            #expect(status?["failure"]?["position"]?.integer == bad)
            #expect(status?["failure"]?["reason"]?.string?.contains("nobody_is_globex") == true, "\(list.text)")
            let audit = try await api.get("/api/v1/audit?after=\(bad)")
            #expect(audit.body["items"]?.array?.count == 2)
            let metrics = try await api.get("/metrics")
            for line in [
                "deploycenter_subscription_failed{subscription=\"projection:customers\"} 1",
                "deploycenter_subscription_failed{subscription=\"projection:clusters\"} 0",
                "deploycenter_subscription_lag_events{subscription=\"projection:customers\"} 1",
                "deploycenter_view_served{view=\"customers\"} 1", "deploycenter_log_head_position 2",
            ] { #expect(metrics.text.contains("\n\(line)\n"), "\(line)\n\(metrics.text)") }

            try await api.pool.execute(script: "ALTER TABLE \(table) DROP CONSTRAINT nobody_is_globex")
            let retried = try await api.post("/api/v1/subscriptions/projection:customers/retry")
            #expect(retried.status == 200, "\(retried.text)")
            let read = try await api.get("/api/v1/customers/globex?after=\(bad)")
            #expect(read.status == 200, "\(read.text)")
            try await eventually("all is well") { try await api.get("/readyz", as: nil).body["status"] == "ready" }
        }
    }

    @Test func `only what stands still can be retried`() async throws {
        try await withAPI { api in
            let path = "/api/v1/subscriptions"
            let well = try await api.post("\(path)/projection:customers/retry")
            #expect((well.status, well.body["code"]) == (409, "subscription.follows"))
            let unknown = try await api.post("\(path)/process:nobody/retry")
            #expect((unknown.status, unknown.body["code"]) == (404, "subscription.unknown"))
            let bad = try await api.post("\(path)/customers/retry")
            #expect((bad.status, bad.errorPlaces) == (422, ["path/subscription"]))
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `a rebuild is held, swapped in, taken back and cleared away`() async throws {
        try await withAPI { api in
            let position = try await api.post("/api/v1/customers", ["id": "acme", "name": "Acme"]).position
            let path = "/api/v1/projections/customers"
            let read = try await api.get("/api/v1/customers/acme?after=\(position)")
            #expect(read.status == 200)
            let first = try await api.view("customers")["generation"]?.integer ?? -1
            let early = try await api.post("\(path)/swap")
            #expect((early.status, early.body["code"]) == (409, "view.nothing_held"))

            let held = try await api.post("\(path)/rebuild?hold=true")
            #expect(held.status == 200, "\(held.text)")
            #expect(held.body["generation"]?.integer == first)
            #expect(held.body["building"]?["phase"] == "held", "\(held.text)")
            let progress = try await api.progress(of: "customers")
            #expect(progress.map { $0["phase"] } == ["held"])

            let swapped = try await api.post("\(path)/swap")
            #expect(swapped.status == 200, "\(swapped.text)")
            #expect(swapped.body["generation"] == held.body["building"]?["generation"])
            #expect(swapped.body["hasPrevious"] == true)
            let back = try await api.post("\(path)/back")
            #expect(back.body["generation"]?.integer == first, "\(back.text)")
            let dropped = try await api.post("\(path)/drop-old")
            #expect(dropped.body["dropped"] == 1, "\(dropped.text)")
            #expect(try await api.view("customers")["hasPrevious"] == false)
            let gone = try await api.post("\(path)/back")
            #expect((gone.status, gone.body["code"]) == (409, "view.no_previous_generation"))
            let well = try await api.post("\(path)/retry")
            #expect((well.status, well.body["state"]) == (200, "live"))
            let still = try await api.get("/api/v1/customers/acme")
            #expect(still.body["name"] == "Acme")
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `a rebuild is followed to its end while it runs`() async throws {
        try await withAPI { api in
            for number in 1...20 {
                _ = try await api.post("/api/v1/customers", ["id": "c\(number)", "name": "C"])
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    // Twenty events in two seconds.
                    let rebuilt = try await api.post("/api/v1/projections/customers/rebuild?eventsPerSecond=10")
                    #expect(rebuilt.status == 200, "\(rebuilt.text)")
                }
                try await eventually("the rebuild begins") { try await api.view("customers")["building"] != nil }
                let steps = try await api.progress(of: "customers")
                #expect(steps.count > 1)
                #expect(steps.last?["phase"] == "served", "\(steps)")
                #expect(steps.dropLast().allSatisfy { $0["total"] == 20 }, "\(steps)")
                try await group.waitForAll()
            }
            let verified = try await api.post("/api/v1/projections/customers/verify")
            #expect(verified.body["isEqual"] == true, "\(verified.text)")
        }
    }

    @Test func `what cannot be rebuilt is told before anything is begun`() async throws {
        try await withAPI { api in
            for path in ["rebuild", "swap", "back", "drop-old", "retry", "verify"] {
                let answer = try await api.post("/api/v1/projections/wishes/\(path)")
                #expect((answer.status, answer.body["code"]) == (404, "view.unknown"), "\(path): \(answer.text)")
            }
            let progress = try await api.get("/api/v1/projections/wishes/rebuild/progress", as: "ada")
            #expect((progress.status, progress.body["code"]) == (404, "view.unknown"))
            for query in ["eventsPerSecond=0", "eventsPerSecond=fast", "hold=maybe", "force=true"] {
                let answer = try await api.post("/api/v1/projections/customers/rebuild?\(query)")
                #expect(answer.status == 422, "\(query): \(answer.text)")
            }
            let nothing = try await api.progress(of: "customers")
            #expect(nothing.map { $0["phase"] } == ["none"])
        }
    }
}

extension RunningAPI {
    fileprivate func view(_ name: String) async throws -> JSONValue {
        let list = try await get("/api/v1/projections", as: "ada")
        return list.body["items"]?.array?.first { $0["view"]?.string == name } ?? .null
    }

    /// What the stream tells until its end.
    fileprivate func progress(of view: String) async throws -> [JSONValue] {
        let stream = try await http.stream(
            request(.get, "/api/v1/projections/\(view)/rebuild/progress", as: "ada"), connectTimeout: .seconds(5))
        #expect(stream.head.status.code == 200)
        #expect(stream.head.headerFields[.contentType] == "text/event-stream")
        var reader = EventReader(chunks: stream.makeAsyncIterator())
        return try await reader.rest()
    }

    fileprivate func liveTable(of view: String) async throws -> String {
        let rows = try await pool.query(
            "SELECT schema_name FROM projection_generations WHERE view = $1 AND state = 'live'", [.text(view)])
        return "\(try #require(rows.first).string("schema_name")).\(view)"
    }
}
