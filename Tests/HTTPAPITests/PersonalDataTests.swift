import EventSourcing
import HTTPTypes
import PostgresEventStore
import PostgresTransparencyLog
import Testing
import TransparencyLog

@Suite(.serialized) struct `Personal data over HTTP` {
    @Test(.timeLimit(.minutes(15)))
    func `who was forgotten shows as erased wherever people look, and the proof holds`() async throws {
        try await withAPI(signing: true) { api in
            let made = try await api.post(
                "/api/v1/customers", as: "dana",
                ["id": "acme", "name": "Acme", "contactName": "Grace Hopper", "contactEmail": "grace@acme.example"])
            _ = try await api.checkpoint(of: made.position)
            let places = Self.places(after: made.position)
            for (place, isList) in places {
                let before = try await api.get(place, as: "ada")
                #expect(before.text.contains(isList ? "Dana" : "Grace Hopper"), "\(place): \(before.text)")
                #expect(!before.text.contains("personal:v1:") || place.contains("bundle"), "\(place)")
            }

            for subject in ["customer:acme", "actor:subject-of-dana"] {
                let kept = try await api.get("/api/v1/subjects/\(subject)", as: "ada")
                #expect(kept.body["key"]?.string != nil && kept.body["forgottenAt"] == nil)
                let forgotten = try await api.post("/api/v1/subjects/\(subject)/forget", ["reason": "asked for it"])
                #expect(forgotten.status == 200, "\(forgotten.text)")
                #expect(forgotten.body["stream"]?.string?.hasPrefix("subject-") == true)
                let gone = try await api.get("/api/v1/subjects/\(subject)", as: "ada")
                #expect(gone.body["key"] == nil && gone.body["forgottenAt"]?.string != nil, "\(gone.text)")
                #expect(gone.body["destroyedKeys"]?.array == kept.body["key"].map { [$0] })
            }
            let head = try await api.store.head().rawValue
            _ = try await api.checkpoint(of: head)
            for (place, _) in Self.places(after: head) {
                let after = try await api.get(place, as: "ada")
                #expect(after.text.contains("erased"), "\(place): \(after.text)")
                for secret in ["Grace", "grace@", "Dana\""] { #expect(!after.text.contains(secret), "\(place)") }
            }
            var stream = try await api.follow("?after=0")
            let event = try await stream.next(1)[0]
            #expect(event.data["payload"]?["contactName"] == "erased")
            #expect(event.data["metadata"]?["actorName"] == "erased")
            let bundle = try await api.get("/api/v1/log/bundle?customer=acme")
            #expect(AuditBundleCheck.findings(in: bundle.bytes, keys: api.keys.verifiers) == [])
            let proof = try await api.get("/api/v1/log/inclusion/1")
            #expect(proof.status == 200)
        }
    }

    /// Where one looks for people, and whether it is the actor only that shows there.
    private static func places(after position: Int64) -> [(String, Bool)] {
        [
            ("/api/v1/customers/acme?after=\(position)", false), ("/api/v1/customers?after=\(position)", false),
            ("/api/v1/customers?asOf=1", false), ("/api/v1/audit?after=\(position)&customer=acme", true),
            ("/api/v1/audit/1", true), ("/api/v1/streams/customer-acme/events", false),
            ("/api/v1/streams/customer-acme/replay", false), ("/api/v1/customers/acme/replay", false),
            ("/api/v1/explanations?explain=customers/acme", false), ("/api/v1/log/bundle?customer=acme", false),
        ]
    }

    @Test func `to forget again changes nothing, and nobody can be forgotten who was never known`() async throws {
        try await withAPI(projecting: false) { api in
            _ = try await api.post(
                "/api/v1/customers", as: "dana", ["id": "acme", "name": "Acme", "contactName": "Grace Hopper"])
            let path = "/api/v1/subjects/customer:acme/forget"
            let first = try await api.post(path, ["reason": "asked for it"])
            let head = try await api.store.head()
            let second = try await api.post(path, ["reason": "asked for it"])
            #expect(second.status == 200)
            #expect(second.header("ETag") == first.header("ETag"))
            #expect(try await api.store.head() == head)
            let unknown = try await api.post("/api/v1/subjects/customer:nobody/forget", ["reason": "asked for it"])
            #expect((unknown.status, unknown.body["code"]) == (404, "subject.nothing_kept"))
            let missing = try await api.get("/api/v1/subjects/customer:nobody", as: "ada")
            #expect((missing.status, missing.body["code"]) == (404, "subject.unknown"))
            let reasonless = try await api.post(path)
            #expect((reasonless.status, reasonless.errorPlaces) == (422, ["body/reason"]))
            for name in ["acme", "person:acme", "customer:", "customer:a%20b"] {
                let answer = try await api.get("/api/v1/subjects/\(name)", as: "ada")
                #expect((answer.status, answer.errorPlaces) == (422, ["path/subject"]), "\(name): \(answer.text)")
            }
        }
    }

    @Test func `subjects are listed page by page`() async throws {
        try await withAPI(projecting: false) { api in
            for id in ["acme", "globex", "hooli"] {
                _ = try await api.post(
                    "/api/v1/customers", as: "dana", ["id": .string(id), "name": "C", "contactName": "Grace Hopper"])
            }
            var names: [String] = []
            var cursor = ""
            repeat {
                let page = try await api.get("/api/v1/subjects?limit=2\(cursor)", as: "ada")
                names += (page.body["items"]?.array ?? []).compactMap { $0["name"]?.string }
                cursor = page.body["nextCursor"]?.string.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(names == ["actor:subject-of-dana", "customer:acme", "customer:globex", "customer:hooli"])
        }
    }
}
