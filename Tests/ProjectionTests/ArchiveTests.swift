import Application
import EventSourcing
import Postgres
import PostgresProjections
import TestSupport
import Testing

@Suite struct `A view of a log whose beginning is archived` {
    @Test func `is not built anew`() async throws {
        try await withWorld { world in
            let head = try await world.appendInPartitions(30)
            _ = try await world.administration.rebuild("customers")
            let kept = try await world.rows("customers")
            for detached in [false, true] {
                detached ? try await world.detach() : try await world.recordArchive()
                await #expect(throws: ProjectionError.archived(upTo: Position(10))) {
                    try await world.administration.rebuild("customers")
                }
                await #expect(throws: ProjectionError.archived(upTo: Position(10))) {
                    try await world.administration.verify("customers")
                }
                let status = try #require(
                    try await world.administration.list().first { $0.view == "customers" })
                #expect(status.position == Position(head) && status.building == nil && status.failure == nil)
                #expect(try await world.rows("customers") == kept)
            }
        }
    }

    @Test func `is not gone back to from before the archive`() async throws {
        try await withWorld { world in
            try await world.appendInPartitions(5)
            let old = try await world.administration.rebuild("customers")
            try await world.append(.customers(20, from: 6))
            let new = try await world.administration.rebuild("customers")
            #expect(old.generation != new.generation)
            try await world.recordArchive()
            try await world.detach()
            for _ in 1...2 {
                await #expect(throws: ProjectionError.archived(upTo: Position(10))) {
                    try await world.administration.back("customers")
                }
                let status = try #require(
                    try await world.administration.list().first { $0.view == "customers" })
                #expect(status.generation == new.generation && status.hasPrevious && status.building == nil)
            }
        }
    }

    @Test func `is gone back to from after the archive`() async throws {
        try await withWorld { world in
            try await world.appendInPartitions(12)
            let old = try await world.administration.rebuild("customers")
            try await world.append(.customers(10, from: 13))
            _ = try await world.administration.rebuild("customers")
            try await world.recordArchive()
            try await world.detach()
            let back = try await world.administration.back("customers")
            #expect(back.generation == old.generation && back.position == Position(22))
            #expect(try await world.rows("customers").count == 22)
        }
    }

    @Test func `is refused where an archive began before its rebuild or its moment`() async throws {
        try await withWorld { world in
            try await world.appendInPartitions(30)
            _ = try await world.administration.rebuild("customers")
            let generations = try await world.generationCount()
            try await world.pool.withTransaction { archiver in
                try await archiver.execute(script: "SELECT lock_archiving()")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await #expect(throws: ProjectionError.archived(upTo: Position(10))) {
                            try await world.administration.rebuild("customers")
                        }
                    }
                    group.addTask {
                        await #expect(throws: QueryError.archived(logBegins: Position(11))) {
                            try await world.queries.row(.customers, key: "c1", asOf: .position(Position(15)))
                        }
                    }
                    try await eventually("both wait") { try await world.waitingForArchives() == 2 }
                    try await archiver.execute(script: ProjectionWorld.archiveRecord)
                    try await archiver.execute(script: "COMMIT")
                    try await group.waitForAll()
                }
            }
            #expect(try await world.generationCount() == generations)
            #expect(try await world.moments().isEmpty)
        }
    }

    @Test func `is not archived under a rebuild that began before`() async throws {
        try await withWorld { world in
            try await world.appendInPartitions(30)
            let slow = world.administration(memory: RebuildMemory(bytes: 1_000))
            let rebuild = Task { try await slow.rebuild("customers", RebuildOptions(eventsPerSecondMax: 1)) }
            let archiving = try await world.pool.withTransaction { holder in
                // The rebuild has begun to read the log, and cannot say so yet.
                try await holder.execute(script: "LOCK TABLE projection_generations IN SHARE MODE")
                try await eventually("the rebuild waits to be registered") {
                    try await world.pool.query(
                        "SELECT FROM pg_locks WHERE relation = 'projection_generations'::regclass AND NOT granted"
                    ).isEmpty == false
                }
                let archiving = Task {
                    try await world.pool.query(
                        """
                        SELECT record_archive(tableoid::regclass, 1, 10, 'first.jsonl', repeat('0', 64), repeat('0', 64))
                        FROM events
                        WHERE position = 1
                        """)
                }
                try await eventually("the archive waits") { try await world.waitingForArchives() == 1 }
                return archiving
            }
            let refused = await #expect(throws: PostgresError.self) { try await archiving.value }
            #expect(refused?.sqlstate == "SV004")
            rebuild.cancel()
            await #expect(throws: ProjectionError.self) { try await rebuild.value }
            #expect(try await world.pool.query("SELECT FROM event_archives").isEmpty)
        }
    }

    /// Every customer or two make a bucket, a transaction each.
    @Test func `is not served if events were archived while it was built`() async throws {
        try await withWorld { world in
            try await world.appendInPartitions(30)
            let slow = world.administration(memory: RebuildMemory(bytes: 1_000))
            let rebuild = Task { try await slow.rebuild("customers", RebuildOptions(eventsPerSecondMax: 20)) }
            try await eventually("a bucket is folded") { try await world.buckets().done >= 1 }
            try await world.recordArchive()
            try await world.detach()
            await #expect(throws: ProjectionError.archived(upTo: Position(10))) { try await rebuild.value }
            #expect(try await slow.list().first { $0.view == "customers" }?.generation == nil)
        }
    }

    @Test func `is followed no further from before the archive, and shows so`() async throws {
        try await withWorld { world in
            try await world.appendInPartitions(5)
            _ = try await world.administration.rebuild("customers")
            try await world.append(.customers(20, from: 6))
            try await world.recordArchive()
            try await world.detach()
            try await world.following(world.runner([try world.definitions.named("customers")])) {
                try await eventually("customers is shown as failed") {
                    try await world.administration.list().contains {
                        $0.view == "customers" && $0.failure?.reason.contains("archived") == true
                    }
                }
            }
            #expect(try await world.rows("customers").count == 5)
        }
    }

    @Test func `has neither moments of the past nor explanations`() async throws {
        try await withWorld { world in
            let head = try await world.appendInPartitions(30)
            _ = try await world.administration.rebuild("customers")
            for detached in [false, true] {
                detached ? try await world.detach() : try await world.recordArchive()
                await #expect(throws: QueryError.archived(logBegins: Position(11))) {
                    try await world.queries.row(.customers, key: "c1", asOf: .position(Position(15)))
                }
                for moment in [nil, Moment.position(Position(head))] {
                    await #expect(throws: QueryError.archived(logBegins: Position(11))) {
                        try await world.queries.explain(.customers, key: "c1", asOf: moment)
                    }
                }
                #expect(try await world.moments().isEmpty)
                #expect(try await world.queries.row(.customers, key: "c1", asOf: nil).row != nil)
            }
        }
    }
}

extension ProjectionWorld {
    /// Customers c1, c2 … in a log whose partitions hold ten events each.
    @discardableResult
    fileprivate func appendInPartitions(_ count: Int) async throws -> Int64 {
        try await pool.makeSmallPartitions()
        return try await append(.customers(count))
    }

    /// As an archive does before it detaches the first ten events, but whoever has not read them yet.
    fileprivate func recordArchive() async throws {
        try await pool.query(Self.archiveRecord)
    }

    fileprivate static let archiveRecord = """
        INSERT INTO event_archives (first_position, last_position, partition_name, file, sha256, root)
        SELECT 1, 10, tableoid::regclass::text, 'first.jsonl', repeat('0', 64), repeat('0', 64)
        FROM events
        WHERE position = 1
        """

    /// Sessions that wait until an archive is recorded, or for those who hold archives off.
    fileprivate func waitingForArchives() async throws -> Int {
        try await pool.query(
            """
            SELECT
            FROM pg_locks
            WHERE
                locktype = 'advisory' AND objid = 3075449968 AND NOT granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        ).count
    }

    fileprivate func generationCount() async throws -> Int {
        try await pool.query("SELECT FROM projection_generations").count
    }

    fileprivate func detach() async throws {
        let name = try await pool.query("SELECT partition_name FROM event_archives")[0].string("partition_name")
        try await pool.execute(script: "ALTER TABLE events DETACH PARTITION \(name) CONCURRENTLY")
    }
}
