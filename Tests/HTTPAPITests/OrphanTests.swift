import Application
import Domain
import EventSourcing
import HTTPTypes
import PostgresEventStore
import TestSupport
import Testing

@Suite(.serialized) struct `Orphans over HTTP` {
    private func found(
        _ kind: ResourceKind, _ identity: String, _ deployment: String, detail: String? = nil
    ) -> FoundResource {
        FoundResource(
            kind: kind, identity: identity, container: kind == .accessPoint ? Past.frankfurt.fileSystem : "there",
            marks: OwnershipMarks(deployment: deployment, customer: "akme", release: 1), detail: detail)
    }

    /// A deployment that went live without data.
    private func write(_ api: RunningAPI) async throws {
        let release = Past.release(accessPoint: false, bucket: false)
        let steps: [Step] = [.render, .name, .commit, .application, .sync, .health]
        let history = [Past.requested(1, .first, release)] + Past.did(steps) + [.wentLive(.init(number: 1))]
        _ = try await api.store.append(
            Append(
                [
                    StreamAppend(
                        .deployment(release.deployment), expected: .noStream,
                        events: history.enumerated().map { index, event in
                            NewEvent(
                                id: EventID("00000000-0000-4000-8000-\(index + 100_000_000_000)"), form: event.stored)
                        })
                ], metadata: EventMetadata(actor: "process:test", correlationID: "test", source: "process")))
    }

    private func ids(_ answer: Answer, _ list: String) -> [String] {
        (answer.body[list]?.array ?? []).compactMap { $0["id"]?.string }
    }

    @Test(.timeLimit(.minutes(15)))
    func `are listed with what is missing, and what could not be asked is named`() async throws {
        try await withAPI(projecting: false) { api in
            try await write(api)
            await api.outside.put(found(.folder, "akme-shop-production", "akme-shop-production"))
            await api.outside.put(found(.name, "shop.akme.example", "akme-shop-production"))
            await api.outside.put(found(.name, "old.akme.example", "akme-shop-production"))
            await api.outside.put(found(.bucket, "dc-globex-wiki", "globex-wiki-staging"))
            let report = try await api.get("/api/v1/orphans", as: "ada")
            #expect(ids(report, "orphans") == ["bucket:dc-globex-wiki", "name:old.akme.example"])
            #expect(ids(report, "missing") == ["application:akme-shop-production"])
            #expect(report.body["unread"] == [])
            let first = report.body["orphans"]?.array?.first
            #expect(first?["finding"] == "unknown_deployment" && first?["holdsData"] == true)
            #expect(first?["deployment"] == "globex-wiki-staging" && first?["release"] == 1)

            await api.outside.silence(.application)
            let partial = try await api.get("/api/v1/orphans", as: "ada")
            #expect(ids(partial, "missing") == [])
            #expect(partial.body["unread"]?.array?.first?["kind"] == "application")
            #expect(try await api.get("/api/v1/orphans", as: "dana").status == 403)
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `are removed with a reason, which the audit trail shows with the proof`() async throws {
        try await withAPI { api in
            try await write(api)
            await api.outside.put(found(.name, "old.akme.example", "akme-shop-production"))
            let path = "/api/v1/orphans/name:old.akme.example/remove"
            #expect(try await api.post(path, [:]).status == 422)
            let gone = try await api.post(path, ["reason": "left behind"])
            #expect(gone.status == 200 && gone.body["state"] == "removed", "\(gone.text)")
            #expect(gone.body["evidence"] == "the world shows none")
            #expect(await api.outside.things.isEmpty)
            #expect(try await api.post(path, ["reason": "left behind"]).status == 404)
            let trail = try await api.get("/api/v1/audit?after=\(gone.position)&customer=akme&limit=200", as: "ada")
            let items = (trail.body["items"]?.array ?? []).filter { $0["category"] == "orphan" }
            #expect(Set(items.compactMap { $0["action"]?.string }) == ["orphan.removal_requested", "orphan.removed"])
            #expect(items.allSatisfy { $0["actor"]?.string == "subject-of-ada" }, "\(trail.text)")
            #expect(items.contains { $0["summary"]?.string?.contains("left behind") == true })
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `are removed in several requests where it takes its time, under one wish`() async throws {
        try await withAPI(projecting: false) { api in
            await api.outside.put(found(.application, "akme-old-staging", "akme-old-staging"))
            await api.outside.takeTime(looks: 1)
            let path = "/api/v1/orphans/application:akme-old-staging/remove"
            let begun = try await api.post(path, ["reason": "left"])
            #expect(begun.body["state"] == "removing" && begun.body["observation"] == "deleting", "\(begun.text)")
            #expect(try await api.post(path, ["reason": "left"]).body["state"] == "removed")
            let stream = StreamName.orphan("application:akme-old-staging")
            #expect(
                try await api.store.events(of: stream, from: 1).map(\.type.rawValue)
                    == ["orphan.removal_requested", "orphan.removed"])
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `that may hold data are removed only if that is said`() async throws {
        try await withAPI(projecting: false) { api in
            await api.outside.put(found(.bucket, "dc-globex-wiki", "globex-wiki-staging"))
            let path = "/api/v1/orphans/bucket:dc-globex-wiki/remove"
            let refused = try await api.post(path, ["reason": "left"])
            #expect(refused.status == 409 && refused.body["code"] == "orphan.may_hold_data", "\(refused.text)")
            #expect(await api.outside.things.count == 1)
            #expect(try await api.store.head() == .start)
            let gone = try await api.post(path, ["reason": "left", "withData": true])
            #expect(gone.body["state"] == "removed", "\(gone.text)")
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `is nothing that a deployment has, or that bears no mark`() async throws {
        try await withAPI(projecting: false) { api in
            try await write(api)
            await api.outside.put(found(.name, "shop.akme.example", "akme-shop-production"))
            await api.outside.put(
                FoundResource(kind: .bucket, identity: "dc-stranger", container: "there", marks: nil))
            let wanted = try await api.post("/api/v1/orphans/name:shop.akme.example/remove", ["reason": "a slip"])
            #expect(wanted.status == 409 && wanted.body["code"] == "orphan.wanted", "\(wanted.text)")
            let stranger = try await api.post(
                "/api/v1/orphans/bucket:dc-stranger/remove", ["reason": "a slip", "withData": true])
            #expect(stranger.status == 404 || stranger.status == 409, "\(stranger.text)")
            #expect(await api.outside.things.count == 2)
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `are adopted by the deployment that they name, if it can use them`() async throws {
        try await withAPI(projecting: false) { api in
            try await write(api)
            let deployment = "akme-shop-production"
            await api.outside.put(found(.accessPoint, "fsap-7", deployment, detail: "\(deployment)-r1"))
            await api.outside.put(found(.accessPoint, "fsap-8", deployment, detail: "by-hand"))
            await api.outside.put(found(.name, "old.akme.example", deployment))
            let adopted = try await api.post("/api/v1/orphans/access_point:fsap-7/adopt", ["reason": "still needed"])
            #expect(adopted.status == 200 && adopted.body["id"]?.string == deployment, "\(adopted.text)")
            let last = try #require(try await api.store.events(of: .deployment(ID(deployment)), from: 1).last)
            #expect(last.type == "deployment.resource_adopted" && last.metadata.actor == "subject-of-ada")
            let report = try await api.get("/api/v1/orphans", as: "ada")
            #expect(ids(report, "orphans") == ["access_point:fsap-8", "name:old.akme.example"])
            for (id, code) in [
                ("access_point:fsap-8", "orphan.not_as_made"), ("name:old.akme.example", "deployment.not_adoptable"),
                ("access_point:fsap-7", "orphan.wanted"), ("access_point:fsap-9", "orphan.unknown"),
            ] {
                let refused = try await api.post("/api/v1/orphans/\(id)/adopt", ["reason": "why not"])
                #expect(refused.body["code"]?.string == code, "\(refused.text)")
            }
        }
    }
}
