import Application
import Domain
import EventSourcing
import FoundationEssentials
import Postgres
import PostgresArchives
import PostgresEventStore
import TestSupport
import Testing
import TransparencyLog

@Suite struct `Archives` {
    @Test func `take the oldest partition out of the log and put it back exactly as it was`() async throws {
        try await withArchivedLog { log in
            try await log.fill(25)
            let before = try await log.dump()
            let report = try await log.archive.archive(.init(allowsUnproven: true, dropsTable: true))
            #expect(report.eventCount == 10 && report.range.first == Position(1) && report.range.last == Position(10))
            #expect(report.streamCount == 5 && report.livingStreamCount == 0)
            #expect(try await log.dump() == Array(before.dropFirst(10)))
            #expect(try await log.archive.restore() == report.range)
            #expect(try await log.dump() == before)
            #expect(try await log.archive.archives() == [])
        }
    }

    @Test func `are taken from the oldest on and put back from the newest on`() async throws {
        try await withArchivedLog { log in
            try await log.fill(35)
            let before = try await log.dump()
            for _ in 1...3 { _ = try await log.archive.archive(.init(allowsUnproven: true, dropsTable: true)) }
            #expect(try await log.archive.archives().map(\.last.rawValue) == [10, 20, 30])
            #expect(try await log.archive.next() == nil)
            await #expect(throws: EventArchiveError.self) { try await log.archive.archive(.init(allowsUnproven: true)) }
            for last: Int64 in [30, 20, 10] { #expect(try await log.archive.restore().last.rawValue == last) }
            #expect(try await log.dump() == before)
        }
    }

    @Test func `are never missed silently by readers and deciders`() async throws {
        try await withArchivedLog { log in
            try await log.fill(25)
            try await log.append(to: "s-0", 3)
            let options = EventArchive.Options(includesLivingStreams: true, allowsUnproven: true)
            let report = try await log.archive.archive(options)
            #expect(report.livingStreamCount == 1)
            let gone = EventStoreError.archived(upTo: Position(10))
            let (store, old) = (log.store, StreamName(category: "customer", id: "s-1"))
            await #expect(throws: gone) { try await store.events(of: old, from: 1) }
            await #expect(throws: gone) { try await store.events(after: Position(9), categories: [], limit: 1) }
            await #expect(throws: gone) { try await store.events(after: .start, categories: ["customer"], limit: 1) }
            await #expect(throws: gone) { for try await _ in store.pages(of: .everything()) {} }
            await #expect(throws: gone) {
                for try await _ in store.pages(of: EventSelection(.named([old]), after: .start)) {}
            }
            #expect(
                try await store.events(after: Position(10), categories: [], limit: 1).map(\.position.rawValue) == [11])
            let living = StreamName(category: "customer", id: "s-0")
            await #expect(throws: gone) { try await store.events(of: living, from: 1) }
            #expect(try await store.events(of: living, from: 3).map(\.streamVersion) == [3, 4, 5])
            // Versions are known still.
            await #expect(throws: EventStoreError.versionConflict(old, actual: 2)) {
                try await log.append(to: "s-1", 1, expecting: .noStream)
            }
            try await log.append(to: "s-1", 1, expecting: .exactly(2))
            _ = try await log.archive.restore()
            #expect(try await store.events(of: old, from: 1).map(\.streamVersion) == [1, 2, 3])
            try await log.append(to: "s-1", 1, expecting: .exactly(3))
        }
    }

    @Test func `are never missed silently, however far a reader wants to read`() async throws {
        try await withArchivedLog { log in
            try await log.fill(25)
            _ = try await log.archive.archive(.init(allowsUnproven: true))
            let (stream, gone) = (
                StreamName(category: "customer", id: "s-1"), EventStoreError.archived(upTo: Position(10))
            )
            let selections: [EventSelection.Streams] = [
                .all, .categories(["customer"]), .categories(["cluster"]), .named([stream]),
                .one(stream, afterVersion: 0),
            ]
            for streams in selections {
                for upTo: Int64 in [3, 5, 10, 300] where streams != .categories(["cluster"]) || upTo < 300 {
                    await #expect(throws: gone, "\(streams) up to \(upTo)") {
                        _ = try await log.store.page(of: EventSelection(streams, after: .start, upTo: Position(upTo)))
                    }
                }
            }
            let rest = EventSelection(.all, after: Position(10), upTo: Position(10))
            #expect(try await log.store.page(of: rest).events() == [])
        }
    }

    @Test func `stop a process before them until they are put back`() async throws {
        try await withArchivedLog { log in
            try await log.fill(12)
            _ = try await log.archive.archive(.init(allowsUnproven: true))
            let effects = PostgresEffectStore(pool: log.database.pool)
            let reactor = DeploymentReactor(events: log.store, effects: effects)
            #expect(try await reactor.catchUp() == Position(1))
            let failure = try #require(try await effects.failure(of: DeploymentReactor.process))
            #expect(failure.position == Position(1) && failure.reason.contains("`deploycenter store restore`"))
            _ = try await log.archive.restore()
            #expect(try await reactor.catchUp() == nil)
            #expect(try await effects.failure(of: DeploymentReactor.process) == nil)
        }
    }

    @Test func `are read in place of the log, event for event`() async throws {
        try await withArchivedLog { log in
            try await log.fill(37)
            var all: [RecordedEvent] = []
            for try await page in log.store.pages(of: .everything()) { all += page }
            for _ in 1...2 { _ = try await log.archive.archive(.init(allowsUnproven: true, dropsTable: true)) }
            let files = try ArchiveFolder(path: log.folder)
            #expect(files.lastPosition == Position(20))
            func read(_ selection: EventSelection) async throws -> [RecordedEvent] {
                var events: [RecordedEvent] = []
                for try await page in files.pages(of: selection, and: log.store, opening: log.vault) { events += page }
                return events
            }
            #expect(try await read(.everything()) == all)
            #expect(try await read(.everything(after: Position(7), upTo: Position(23))) == Array(all[7..<23]))
            #expect(try await read(.everything(after: Position(7), upTo: Position(9))) == Array(all[7..<9]))
            let stream = StreamName(category: "customer", id: "s-6")
            #expect(try await read(.stream(stream)) == all.filter { $0.stream == stream })
            #expect(try await read(EventSelection(.categories(["cluster"]))) == [])
            #expect(
                try await files.events(after: Position(8), upTo: Position(40)).map(\.event.position.rawValue) == [
                    9, 10,
                ])
        }
    }

    @Test func `are refused while somebody has not read them, or their streams live on, or nothing proves them`()
        async throws
    {
        try await withArchivedLog { log in
            await #expect(throws: EventArchiveError.refused("no partition of the log is full yet")) {
                try await log.archive.archive()
            }
            try await log.fill(12)
            try await log.database.pool.execute(
                script: "INSERT INTO process_checkpoints (process, position) VALUES ('deployments', 9)")
            await #expect(throws: EventArchiveError.refused("not all have read it: process:deployments")) {
                try await log.archive.archive()
            }
            try await log.database.pool.execute(script: "UPDATE process_checkpoints SET position = 12")
            await #expect(throws: EventArchiveError.refused("no signed checkpoint covers it yet")) {
                try await log.archive.archive()
            }
            try await log.append(to: "s-0", 1)
            await #expect(throws: EventArchiveError.refused("1 of its 5 streams have later events")) {
                try await log.archive.archive(.init(allowsUnproven: true))
            }
            #expect(try await log.dump().count == 13)
        }
    }

    @Test func `are refused when somebody begins to read them while their file is written`() async throws {
        try await withArchivedLog { log in
            try await log.fill(12)
            let pool = log.database.pool
            try await pool.withConnection { reader in
                try await reader.execute(
                    script: """
                        BEGIN;
                        SELECT lock_archiving();
                        INSERT INTO process_checkpoints (process, position) VALUES ('deployments', 0)
                        """)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await #expect(throws: EventArchiveError.refused("not all have read it: process:deployments")) {
                            try await log.archive.archive(.init(allowsUnproven: true))
                        }
                    }
                    try await eventually("the archive waits") {
                        try await pool.query(
                            "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 3075449968 AND NOT granted"
                        ).isEmpty == false
                    }
                    try await reader.execute(script: "COMMIT")
                    try await group.waitForAll()
                }
            }
            #expect(try await log.archive.archives() == [])
            try await pool.execute(script: "UPDATE process_checkpoints SET position = 10")
            _ = try await log.archive.archive(.init(allowsUnproven: true))
        }
    }

    @Test(arguments: ["retired", "building"])
    func `are refused while a view is kept or built that has not read them`(_ state: String) async throws {
        try await withArchivedLog { log in
            try await log.fill(12)
            try await log.database.pool.query(
                """
                INSERT INTO projection_generations (view, digest, schema_name, tables, fold, position, state)
                VALUES ('customers', repeat('d', 64), 'customers_1', '', '', 9, $1)
                """, [.text(state)])
            do throws(EventArchiveError) {
                _ = try await log.archive.archive(.init(allowsUnproven: true))
                Issue.record("it was archived")
            } catch {
                guard case .refused(let reason) = error else { throw error }
                #expect(reason.contains("projection:customers (generation "))
                #expect(reason.contains("projections drop-old customers)"))
            }
            try await log.database.pool.execute(script: "DELETE FROM projection_generations")
            _ = try await log.archive.archive(.init(allowsUnproven: true))
        }
    }

    @Test func `are made by one at a time`() async throws {
        try await withArchivedLog { log in
            try await log.fill(12)
            let busy = EventArchiveError.refused("somebody else is archiving or restoring")
            try await log.database.pool.withConnection { other in
                try await other.execute(script: "SELECT pg_advisory_lock(7370417265)")
                await #expect(throws: busy) { try await log.archive.archive(.init(allowsUnproven: true)) }
                await #expect(throws: busy) { try await log.archive.restore() }
                try await other.execute(script: "SELECT pg_advisory_unlock(7370417265)")
            }
            _ = try await log.archive.archive(.init(allowsUnproven: true))
            _ = try await log.archive.restore()
            // The lock has been given back.
            let free = try await log.database.pool.query("SELECT pg_try_advisory_xact_lock(7370417265) AS free")
            #expect(try free.first?.bool("free") == true)
        }
    }

    @Test func `are tied to the signed log`() async throws {
        try await withArchivedLog { log in
            try await log.fill(25)
            try await log.sign(size: 23)
            for _ in 1...2 {
                let report = try await log.archive.archive()
                #expect(report.isProven)
            }
            let files = try ArchiveFolder(path: log.folder)
            for range in files.ranges { try await files.verify(range) }
            // A manifest that names another log's checkpoint is found out.
            try log.edit(files.ranges[1].file + ".manifest.json") { $0.replacing("\\n23\\n", with: "\\n24\\n") }
            let forged = try ArchiveFolder(path: log.folder)
            await #expect(throws: EventArchiveError.self) { try await forged.verify(forged.ranges[1]) }
        }
    }

    @Test func `that were changed anywhere are not restored`() async throws {
        try await withArchivedLog { log in
            try await log.fill(12)
            let report = try await log.archive.archive(.init(allowsUnproven: true, dropsTable: true))
            let path = "\(log.folder)/\(report.range.file)"
            let original = try #require(FileManager.default.contents(atPath: path))
            var random = SeededRandom(for: "changed archives")
            for _ in 1...12 {
                var bytes = Array(original)
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] ^= UInt8.random(in: 1...255, using: &random)
                try Data(bytes).write(to: URL(filePath: path))
                await #expect(throws: EventArchiveError.self, "byte \(place)") { try await log.archive.restore() }
            }
            try Data(original.dropLast(3)).write(to: URL(filePath: path))
            await #expect(throws: EventArchiveError.self) { try await log.archive.restore() }
            try original.write(to: URL(filePath: path))
            try log.edit(report.range.file + ".manifest.json") { $0 + " " }
            // The same manifest in other words is the same.
            #expect(try await log.archive.restore() == report.range)
        }
    }

    @Test(arguments: ["record_archive", "DETACH PARTITION"])
    func `go on where a crash left them`(_ step: String) async throws {
        try await withArchivedLog { log in
            try await log.fill(12)
            let before = try await log.dump()
            let pool = log.database.pool
            // The step fails after the file was written: by a rule for a moment.
            if step == "record_archive" {
                try await pool.execute(script: "ALTER FUNCTION record_archive RENAME TO record_archive_away")
            } else {
                // A default partition forbids detaching concurrently.
                try await pool.execute(script: "CREATE TABLE rest PARTITION OF events DEFAULT")
            }
            await #expect(throws: EventArchiveError.self) { try await log.archive.archive(.init(allowsUnproven: true)) }
            if step == "record_archive" {
                #expect(try await log.dump() == before)
                try await pool.execute(script: "ALTER FUNCTION record_archive_away RENAME TO record_archive")
            } else {
                await #expect(throws: EventStoreError.archived(upTo: Position(10))) {
                    try await log.store.events(after: .start, categories: [], limit: 1)
                }
                await #expect(throws: EventArchiveError.self) { try await log.archive.restore() }
                try await pool.execute(script: "DROP TABLE rest")
            }
            let report = try await log.archive.archive(.init(allowsUnproven: true))
            #expect(report.range.last == Position(10))
            _ = try await log.archive.restore()
            #expect(try await log.dump() == before)
        }
    }

    @Test func `are made and put back while writers go on`() async throws {
        try await withArchivedLog { log in
            try await log.fill(25)
            let before = try await log.dump()
            let written = try await withThrowingTaskGroup(of: Int.self) { group in
                for writer in 0..<3 {
                    group.addTask {
                        for number in 0..<40 { try await log.append(to: "w-\(writer)-\(number)", 1) }
                        return 40
                    }
                }
                for _ in 1...3 {
                    _ = try await log.archive.archive(.init(allowsUnproven: true))
                    _ = try await log.archive.restore()
                }
                return try await group.reduce(0, +)
            }
            let after = try await log.dump()
            #expect(Array(after.prefix(25)) == before)
            #expect(after.count == 25 + written)
        }
    }
}
