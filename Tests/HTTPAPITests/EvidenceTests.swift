import Application
import Cryptography
import EventSourcing
import FoundationEssentials
import HTTPAPI
import Postgres
import PostgresEventStore
import PostgresTransparencyLog
import TestSupport
import Testing
import TransparencyLog

@Suite(.serialized) struct `Evidence over HTTP` {
    @Test func `the latest checkpoint is signed with a key that the log shows`() async throws {
        try await withAPI(projecting: false, signing: true) { api in
            try await api.fill(10)
            let checkpoint = try await api.checkpoint(of: 10)
            let listed = try await api.get("/api/v1/log/keys")
            let keys = try (listed.body["keys"]?.array ?? []).compactMap(\.string).map { try NoteVerifierKey($0) }
            #expect(keys == api.keys.verifiers)
            #expect(checkpoint.origin == keys.first?.name)
            let status = try await api.get("/api/v1/log/status")
            #expect(status.body["treeSize"] == 10)
            #expect(status.body["head"] == 10)
            #expect(status.body["alarm"] == nil)
            let page = try await api.get("/api/v1/log/checkpoints?limit=1")
            #expect(page.body["items"]?.array?.count == 1)
            let none = try await api.get("/api/v1/log/checkpoints?afterSize=10")
            #expect(none.body["items"] == [])
        }
    }

    @Test func `before anything is signed that is said`() async throws {
        try await withAPI(projecting: false) { api in
            try await api.fill(3)
            for path in ["checkpoint", "inclusion/1", "consistency?from=1", "bundle?from=1&to=2"] {
                let answer = try await api.get("/api/v1/log/\(path)")
                #expect((answer.status, answer.body["code"]) == (503, "audit.not_signed"), "\(path): \(answer.text)")
                #expect(answer.body["retryable"] == true)
            }
            let tile = try await api.get("/api/v1/log/tile/0/000.p/3")
            #expect(tile.status == 404)
        }
    }

    @Test func `tiles and entries give the root that was signed, and may be kept for ever`() async throws {
        try await withAPI(projecting: false, signing: true) { api in
            try await api.fill(300)
            let checkpoint = try await api.checkpoint(of: 300)
            var tree = TileTree()
            for tile in Tile.all(ofTreeOf: 300) {
                let answer = try await api.get("/api/v1/log/\(tile.path)")
                #expect(answer.header("Cache-Control") == "private, max-age=31536000, immutable")
                #expect(answer.header("Content-Type") == "application/octet-stream")
                let hashes = try #require([MerkleHash](tile: answer.bytes), "\(tile.path)")
                #expect(hashes.count == tile.width)
                tree.insert(hashes, for: tile)
                guard tile.level == 0 else { continue }
                let entries = try await api.get("/api/v1/log/\(tile.entriesPath)")
                #expect(entries.header("Cache-Control") == "private, max-age=31536000, immutable")
                #expect(EntryBundle.entries(in: entries.bytes)?.map { .leaf($0) } == hashes)
            }
            #expect(try tree.root(size: 300) == checkpoint.root)
            // What was a partial tile once can be asked for as such for ever.
            let narrow = try await api.get("/api/v1/log/tile/0/000.p/5")
            #expect(narrow.bytes.count == 5 * 32)
            let latest = try await api.get("/api/v1/log/checkpoint")
            #expect(latest.header("Cache-Control") == "no-store")
        }
    }

    @Test func `a tile that is not there is not found, and a path that names none is refused`() async throws {
        try await withAPI(projecting: false, signing: true) { api in
            try await api.fill(300)
            _ = try await api.checkpoint(of: 300)
            for path in [
                "0/001", "0/001.p/45", "0/002", "0/x001/067", "0/x000/000", "0/000.p/256", "0/000.p/0", "0/000.p/05",
                "1/000", "2/000.p/1", "00/000", "64/000", "99/000", "entries/001", "entries/x999/x999/x999/x999/999",
            ] {
                let answer = try await api.get("/api/v1/log/tile/\(path)")
                #expect((answer.status, answer.body["code"]) == (404, "tile.unknown"), "\(path)")
                #expect(answer.header("Cache-Control") == "no-store")
            }
            for path in ["0/1", "0/0000", "0/x001", "a/000", "0/000.p", "0/000.p/1/2", "-1/000", "0/000/000", "0"] {
                let answer = try await api.get("/api/v1/log/tile/\(path)")
                #expect(answer.status == 422, "\(path): \(answer.text)")
            }
        }
    }

    @Test func `names of tiles are read as C2SP writes them, and no other way`() {
        var random = SeededRandom(for: "names of tiles")
        for _ in 1...500 {
            let index = UInt64.random(in: 0..<1 << Int.random(in: 1...44, using: &random), using: &random)
            let width = Bool.random(using: &random) ? 256 : Int.random(in: 1...255, using: &random)
            let tile = Tile(level: Int.random(in: 0...63, using: &random), index: index, width: width)
            let name = TileName(String(tile.path.dropFirst("tile/".count)))
            #expect(name?.level == tile.level && name?.index == Int64(index) && name?.width == width, "\(tile.path)")
            let entries = Tile(level: 0, index: index, width: width)
            let bundle = TileName(String(entries.entriesPath.dropFirst("tile/".count)))
            #expect(bundle != nil && bundle?.level == nil && bundle?.index == Int64(index), "\(entries.entriesPath)")
            // One character otherwise, and it names what the format says or nothing.
            var bytes = Array(tile.path.utf8.dropFirst("tile/".count))
            bytes[Int.random(in: bytes.indices, using: &random)] =
                Array("0129x./p-".utf8).randomElement(using: &random) ?? 0
            let text = String(decoding: bytes, as: UTF8.self)
            let expected = Tile(path: "tile/\(text)")
            let read = TileName(text)
            #expect(read?.index == expected.map { Int64($0.index) } && read?.width == expected?.width, "\(text)")
        }
    }

    @Test func `an event is proved to be in the log, for the latest tree and for earlier ones`() async throws {
        try await withAPI(projecting: false, signing: true) { api in
            try await api.fill(70)
            _ = try await api.checkpoint(of: 70)
            try await api.fill(30)
            let checkpoint = try await api.checkpoint(of: 100)
            for position in [1, 2, 64, 70, 100] {
                let proof = try await api.get("/api/v1/log/inclusion/\(position)")
                #expect(proof.body["treeSize"] == 100)
                #expect(try proof.provesInclusion(of: position, inTreeOf: 100))
                #expect(proof.body["root"]?.string == checkpoint.root.hex)
                let note = try #require(proof.body["checkpoint"]?.string)
                #expect(try Checkpoint(note: note, verifiedBy: api.keys.verifiers) == checkpoint)
                #expect(proof.body["entry"]?.string?.contains("\"position\":\(position),") == true)
            }
            let earlier = try await api.get("/api/v1/log/inclusion/64?treeSize=65")
            #expect(try earlier.provesInclusion(of: 64, inTreeOf: 65))
            for path in ["101", "66?treeSize=65", "1?treeSize=101"] {
                let answer = try await api.get("/api/v1/log/inclusion/\(path)")
                #expect((answer.status, answer.body["code"]) == (404, "audit.out_of_range"), "\(path): \(answer.text)")
            }
            for path in ["0", "-1", "one", "1?treeSize=0", "1?treeSize=all"] {
                let answer = try await api.get("/api/v1/log/inclusion/\(path)")
                #expect(answer.status == 422, "\(path): \(answer.text)")
            }
        }
    }

    @Test func `each tree that was signed is the beginning of the next`() async throws {
        try await withAPI(projecting: false, signing: true) { api in
            var sizes: [Int64] = []
            for count in [3, 5, 60] {
                try await api.fill(count)
                sizes.append((sizes.last ?? 0) + Int64(count))
                _ = try await api.checkpoint(of: sizes.last ?? 0)
            }
            let list = try await api.get("/api/v1/log/checkpoints")
            var roots: [Int64: String] = [:]
            for item in list.body["items"]?.array ?? [] {
                roots[item["treeSize"]?.integer ?? 0] = item["root"]?.string
            }
            for (from, to) in zip(sizes, sizes.dropFirst()) {
                let proof = try await api.get("/api/v1/log/consistency?from=\(from)&to=\(to)")
                #expect(try proof.provesGrowth(from: from, to: to))
                #expect(proof.body["fromRoot"]?.string == roots[from])
                #expect(proof.body["toRoot"]?.string == roots[to])
            }
            let latest = try await api.get("/api/v1/log/consistency?from=3")
            #expect(latest.body["to"] == 68)
            #expect(try latest.provesGrowth(from: 3, to: 68))
            let missing = try await api.get("/api/v1/log/consistency")
            #expect((missing.status, missing.errorPlaces) == (422, ["query/from"]))
            let backward = try await api.get("/api/v1/log/consistency?from=9&to=8")
            #expect((backward.status, backward.errorPlaces) == (422, ["query/from"]), "\(backward.text)")
            for query in ["from=69", "from=1&to=69"] {
                let answer = try await api.get("/api/v1/log/consistency?\(query)")
                #expect((answer.status, answer.body["code"]) == (404, "audit.out_of_range"), "\(query)")
            }
        }
    }

    @Test func `evidence that is taken along is checked without us`() async throws {
        try await withAPI(projecting: false, signing: true) { api in
            try await api.prepare()
            let ordered = try await api.post("/api/v1/deployments", as: "dana", Fixtures.deployment)
            _ = try await api.checkpoint(of: ordered.position)
            for (query, count) in [
                ("deployment=acme-shop-production", 2), ("customer=acme", 4), ("from=2&to=4", 3), ("from=1&to=99", nil),
            ] as [(String, Int?)] {
                let bundle = try await api.get("/api/v1/log/bundle?\(query)")
                #expect(bundle.header("Content-Type") == "application/jsonl")
                #expect(AuditBundleCheck.findings(in: bundle.bytes, keys: api.keys.verifiers) == [], "\(query)")
                let lines = bundle.text.split(separator: "\n").count
                #expect(lines == (count ?? Int(ordered.position)) + 1, "\(query): \(bundle.text)")
                let forged = bundle.text.replacing(
                    "\"actor\":\"subject-of-", with: "\"actor\":\"subject-oF-", maxReplacements: 1)
                #expect(AuditBundleCheck.findings(in: Array(forged.utf8), keys: api.keys.verifiers) != [], "\(query)")
            }
            for query in ["deployment=a-b-c", "customer=nobody", "from=1000&to=1001"] {
                let answer = try await api.get("/api/v1/log/bundle?\(query)")
                #expect((answer.status, answer.body["code"]) == (404, "audit.nothing_selected"), "\(query)")
            }
            for query in [
                "", "?from=1", "?from=3&to=2", "?customer=acme&deployment=acme-shop-production", "?from=0&to=1",
            ] {
                let answer = try await api.get("/api/v1/log/bundle\(query)")
                #expect(answer.status == 422, "\(query): \(answer.text)")
            }
        }
    }

    @Test func `an alarm of the notary shows, and what was changed is not proved`() async throws {
        try await withAPI(projecting: false, signing: true) { api in
            try await api.fill(5)
            _ = try await api.checkpoint(of: 5)
            try await api.pool.execute(
                script: """
                    ALTER TABLE events DISABLE TRIGGER USER;
                    DO $$
                    BEGIN
                        EXECUTE format(
                            'ALTER TABLE %s DISABLE TRIGGER USER', (SELECT tableoid::regclass FROM events WHERE position = 2));
                    END
                    $$;
                    UPDATE events SET payload = '{"text": "forged"}' WHERE position = 2;
                    """)
            let proof = try await api.get("/api/v1/log/inclusion/2")
            #expect((proof.status, proof.body["code"]) == (409, "audit.damaged"))
            let bundle = try await api.get("/api/v1/log/bundle?from=1&to=5")
            #expect(bundle.status == 409)
            try await api.pool.execute(
                script: """
                    ALTER TABLE audit_tiles DISABLE TRIGGER USER;
                    UPDATE audit_tiles SET hashes = decode(repeat('00', 160), 'hex');
                    """)
            try await api.fill(1)
            try await eventually("the alarm is raised") {
                try await api.get("/readyz", as: nil).body["alarm"] == true
            }
            let ready = try await api.get("/readyz", as: nil)
            #expect((ready.status, ready.body["status"]) == (200, "degraded"))
            let status = try await api.get("/api/v1/log/status")
            #expect(status.body["alarm"]?["kind"] == "tileChanged", "\(status.text)")
            let metrics = try await api.get("/metrics")
            #expect(metrics.text.contains("\ndeploycenter_log_alarm 1\n"))
        }
    }
}

extension RunningAPI {
    /// Appends so many events.
    func fill(_ count: Int) async throws {
        let form = StoredForm("customer.noted", version: 1, ["text": "noted"])
        let events = (1...count).map { _ in NewEvent(id: EventID(UUID().uuidString.lowercased()), form: form) }
        _ = try await store.append(
            Append(
                [StreamAppend(StreamName(category: "test", id: "notes"), expected: .any, events: events)],
                metadata: EventMetadata(actor: "ana", correlationID: "test", source: "import")))
    }

    /// The checkpoint over so many events, as soon as there is one, verified.
    func checkpoint(of size: Int64) async throws -> Checkpoint {
        try await eventually("\(size) events are signed") {
            try await get("/api/v1/log/status").body["treeSize"]?.integer == size
        }
        let answer = try await get("/api/v1/log/checkpoint")
        let checkpoint = try Checkpoint(note: answer.text, verifiedBy: keys.verifiers)
        #expect(checkpoint.size == UInt64(size))
        return checkpoint
    }
}

extension Answer {
    private func hashes(_ key: String) throws -> [MerkleHash] {
        try (body[key]?.array ?? [body[key] ?? .null]).map { try Self.hash($0.string) }
    }

    private static func hash(_ hex: String?) throws -> MerkleHash {
        try #require([UInt8](hex: hex ?? "").flatMap { MerkleHash($0) })
    }

    /// With what the answer says and nothing else.
    fileprivate func provesInclusion(of position: Int, inTreeOf size: UInt64) throws -> Bool {
        let leaf = MerkleHash.leaf(Array(try #require(body["entry"]?.string).utf8))
        #expect(try hashes("leafHash") == [leaf])
        return MerkleProof.proves(
            leaf, at: UInt64(position - 1), inTreeOf: size, root: try Self.hash(body["root"]?.string),
            by: try hashes("path"))
    }

    fileprivate func provesGrowth(from: Int64, to: Int64) throws -> Bool {
        MerkleProof.proves(
            try Self.hash(body["toRoot"]?.string), ofSize: UInt64(to), extends: try Self.hash(body["fromRoot"]?.string),
            ofSize: UInt64(from), by: try hashes("path"))
    }
}
