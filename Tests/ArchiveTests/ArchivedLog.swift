import Application
import Domain
import EventSourcing
import FoundationEssentials
import Postgres
import PostgresArchives
import Postgres
import PostgresEventStore
import TestSupport
import Testing
import TransparencyLog

/// A log in partitions of ten, with a folder for its archives.
struct ArchivedLog: Sendable {
    let database: TestDatabase
    let store: PostgresEventStore
    let vault: PersonalVault
    let folder: String
    let archive: EventArchive

    private static let metadata = EventMetadata(
        actor: "ana", actorName: "Ana \"A.\" Ö", roles: ["deployer"], correlationID: "c-1", source: "api")

    /// Two events for each of the streams s-0, s-1 …
    func fill(_ count: Int) async throws {
        for number in 0..<(count + 1) / 2 { try await append(to: "s-\(number)", min(2, count - 2 * number)) }
    }

    func append(to id: String, _ count: Int, expecting expected: ExpectedVersion = .any) async throws {
        let events = (0..<count).map { number in
            NewEvent(
                id: EventID(UUID().uuidString.lowercased()),
                form: CustomerEvent.created(.init(name: "Nr. \(number) \\ \"𝄞\"\n")).stored)
        }
        _ = try await store.append(
            Append(
                [StreamAppend(StreamName(category: "customer", id: id), expected: expected, events: events)],
                metadata: Self.metadata))
    }

    /// The whole log as the database has it, row by row.
    func dump() async throws -> [String] {
        try await database.pool.query("SELECT to_jsonb(e)::text AS row FROM events AS e ORDER BY position").map {
            try $0.string("row")
        }
    }

    /// A checkpoint without signatures: who signed it is not what archives check.
    func sign(size: Int) async throws {
        let leaves = try await database.pool.query("SELECT leaf_hash FROM events ORDER BY position").prefix(size).map {
            try #require(MerkleHash(try $0.bytea(0)))
        }
        let root = MerkleTree.root(of: leaves)
        let note = Checkpoint(origin: "test", size: UInt64(size), root: root).text + "\n\u{2014} test AAAA\n"
        try await database.pool.query(
            "INSERT INTO audit_checkpoints (tree_size, root, note) VALUES ($1::bigint, $2::bytea, $3)",
            [.int8(Int64(size)), .bytea(root.bytes), .text(note)])
    }

    func edit(_ file: String, _ change: (String) -> String) throws {
        let path = "\(folder)/\(file)"
        try change(String(contentsOfFile: path, encoding: .utf8)).write(toFile: path, atomically: true, encoding: .utf8)
    }
}

/// Runs `body` with an empty log in small partitions; the folder goes away with the test.
func withArchivedLog<Value>(
    isolation: isolated (any _Concurrency.Actor)? = #isolation, _ body: (ArchivedLog) async throws -> Value
) async throws -> Value {
    try await withMigratedDatabase { database in
        try await database.pool.makeSmallPartitions()
        let folder = FileManager.default.temporaryDirectory.path + "/archives-\(UUID().uuidString)"
        let archive = EventArchive(configuration: database.pool.configuration, folder: folder)
        let vault = PersonalVault(pool: database.pool, masterKeys: .tests)
        let log = ArchivedLog(
            database: database, store: PostgresEventStore(pool: database.pool, vault: vault), vault: vault,
            folder: folder, archive: archive)
        func dispose() async {
            await archive.close()
            // Nothing depends on a temporary folder that stays.
            try? FileManager.default.removeItem(atPath: folder)
        }
        do {
            let value = try await body(log)
            await dispose()
            return value
        } catch {
            await dispose()
            throw error
        }
    }
}
