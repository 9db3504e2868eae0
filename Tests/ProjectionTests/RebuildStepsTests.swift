import Application
import EventSourcing
import Postgres
import PostgresProjections
import Synchronization
import TestSupport
import Testing

@Suite struct `A long rebuild` {
    /// So little that every customer or two make a bucket.
    private static let little = RebuildMemory(bytes: 1_000)

    @Test func `goes on where it was killed`() async throws {
        try await withWorld { world in
            try await world.append(.customers(60))
            let slow = world.administration(memory: Self.little)
            let killed = Task { try await slow.rebuild("customers", RebuildOptions(eventsPerSecondMax: 50)) }
            try await eventually("three buckets are folded") { try await world.buckets().done >= 3 }
            killed.cancel()
            await #expect(throws: ProjectionError.self) { try await killed.value }
            let before = try await world.buckets()
            #expect(before.done < before.all)
            let generation = try #require(try await slow.list().first { $0.view == "customers" }?.building?.generation)

            try await world.append(.customers(5, from: 61))
            let status = try await slow.rebuild("customers")
            #expect(status.generation == generation)
            #expect(status.position == Position(65))
            #expect(try await world.rows("customers").count == 65)
            let after = try await world.buckets()
            #expect(
                after.all == before.all && after.firstDone == before.firstDone, "what was folded is not folded again")
            #expect(try await world.administration.verify("customers").isEqual)
        }
    }

    /// Six hundred events come with every step, more than are folded at once under the lock of the swap at first.
    @Test(.timeLimit(.minutes(1)))
    func `comes to its end however busy the log is`() async throws {
        try await withWorld { world in
            try await world.append(.customers(3))
            try await world.pool.execute(
                script: """
                    CREATE FUNCTION go_on() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        INSERT INTO events (
                            position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
                            recorded_at, leaf_hash)
                        SELECT
                            h.position + n, 'customer', 'busy' || h.position + n, 1, gen_random_uuid(), e.type, e.schema_version,
                            e.payload, e.metadata, e.recorded_at, e.leaf_hash
                        FROM log_head AS h, events AS e, generate_series(1, 600) AS n
                        WHERE e.position = 1;
                        UPDATE log_head SET position = position + 600;
                        RETURN NULL;
                    END
                    $$;
                    CREATE TRIGGER busy AFTER UPDATE OF position ON projection_generations
                    FOR EACH ROW WHEN (
                        NEW.phase = 'catching_up' AND (NEW.phase, NEW.position) IS DISTINCT FROM (OLD.phase, OLD.position))
                    EXECUTE FUNCTION go_on()
                    """)
            let status = try await world.administration.rebuild("customers")
            #expect(status.state == .live)
            #expect(status.position.rawValue >= 1_203)
            #expect(try await world.rows("customers").count == Int(status.position.rawValue))
        }
    }

    @Test func `waits to be swapped in where it is held`() async throws {
        try await withWorld { world in
            try await world.append(.customers(3))
            let first = try await world.administration.rebuild("customers")
            let changed = world.administration(
                world.definitions.replacing(try world.definitions.named("customers").shouting()))
            let held = try await changed.rebuild("customers", RebuildOptions(hold: true))
            #expect(held.generation == first.generation)
            #expect(held.building?.phase == .held)
            #expect(try await world.rows("customers").allSatisfy { !$0.contains("CUSTOMER") })

            try await world.append(.customers(1, from: 4))
            let swapped = try await changed.swap("customers")
            #expect(swapped.generation == held.building?.generation)
            #expect(swapped.position == Position(4))
            #expect(try await world.rows("customers").allSatisfy { $0.contains("CUSTOMER") })
            await #expect(throws: ProjectionError.nothingHeld("customers")) { try await changed.swap("customers") }

            #expect(swapped.hasPrevious)
            #expect(try await changed.dropOld("customers") == 1)
            await #expect(throws: ProjectionError.noPreviousGeneration("customers")) {
                try await changed.back("customers")
            }
        }
    }

    @Test func `that was interrupted is taken further by whoever follows the view`() async throws {
        try await withWorld { world in
            try await world.append(.customers(60))
            try await world.following(world.runner()) {
                try await world.caughtUp(to: 60)
                let slow = world.administration(memory: Self.little)
                let killed = Task { try await slow.rebuild("customers", RebuildOptions(eventsPerSecondMax: 50)) }
                try await eventually("three buckets are folded") { try await world.buckets().done >= 3 }
                killed.cancel()
                await #expect(throws: ProjectionError.self) { try await killed.value }
                let generation = try #require(
                    try await slow.list().first { $0.view == "customers" }?.building?.generation)
                try await eventually("it is served") {
                    try await slow.list().first { $0.view == "customers" }?.generation == generation
                }
            }
            #expect(try await world.administration.verify("customers").isEqual)
        }
    }

    @Test func `is held where somebody asks for that while another builds it`() async throws {
        try await withWorld { world in
            try await world.append(.customers(3))
            let first = try await world.administration.rebuild("customers")
            try await world.append(.customers(40, from: 4))
            let slow = world.administration(memory: Self.little)
            async let building = slow.rebuild("customers", RebuildOptions(eventsPerSecondMax: 20))
            try await eventually("a bucket is folded") { try await world.buckets().done >= 1 }
            let held = try await slow.rebuild("customers", RebuildOptions(hold: true))
            #expect(held.building?.phase == .held && held.generation == first.generation)
            let other = try await building
            #expect(other.building?.phase == .held && other.generation == first.generation)
            #expect(try await slow.swap("customers").generation == held.building?.generation)
        }
    }

    @Test func `goes around the portion that another connection folds, and waits for it at the end`() async throws {
        try await withWorld { world in
            try await world.append(.customers(60))
            let slow = world.administration(memory: Self.little)
            let killed = Task { try await slow.rebuild("customers", RebuildOptions(eventsPerSecondMax: 50)) }
            try await eventually("three buckets are folded") { try await world.buckets().done >= 3 }
            killed.cancel()
            await #expect(throws: ProjectionError.self) { try await killed.value }

            try await withThrowingTaskGroup(of: Void.self) { group in
                try await world.pool.withTransaction { other in
                    _ = try await other.query(
                        """
                        WITH claimed AS MATERIALIZED (
                            SELECT generation FROM projection_buckets WHERE done_at IS NULL LIMIT 1 FOR UPDATE
                        )
                        SELECT pg_advisory_xact_lock_shared(hashtext('projection_generations'), generation::integer)
                        FROM claimed
                        """)
                    group.addTask { _ = try await slow.rebuild("customers") }
                    try await eventually("all others are folded") {
                        let buckets = try await world.buckets()
                        return buckets.done == buckets.all - 1
                    }
                }
                try await group.waitForAll()
            }
            let after = try await world.buckets()
            #expect(after.done == after.all)
            #expect(try await world.rows("customers").count == 60)
            #expect(try await world.administration.verify("customers").isEqual)
            #expect(try await world.bucketSchemas() == 0)
        }
    }

    @Test func `can be watched to its end`() async throws {
        try await withWorld { world in
            try await world.append(.customers(40))
            let slow = world.administration(memory: Self.little)
            let phases = try await withThrowingTaskGroup(of: ProjectionStatus.self) { group in
                group.addTask { try await slow.rebuild("customers", RebuildOptions(eventsPerSecondMax: 40)) }
                try await eventually("it has begun") { try await slow.list().contains { $0.building != nil } }
                var seen: [RebuildProgress] = []
                for try await progress in slow.progress(of: "customers") { seen.append(progress) }
                try await group.waitForAll()
                return seen
            }
            #expect(phases.last?.phase == .served)
            #expect(phases.first?.phase == .folding)
            #expect(phases.contains { ($0.secondsLeft ?? 0) > 0 && ($0.eventsPerSecond ?? 0) > 0 })
            #expect(phases.map(\.done) == phases.map(\.done).sorted())
            var after: [RebuildProgress.Phase] = []
            for try await progress in slow.progress(of: "customers") { after.append(progress.phase) }
            #expect(after == [.none])
        }
    }

    @Test(arguments: [RebuildMemory.standard, little])
    func `that fails names file, line, statement and event, and leaves alone what is served`(
        _ memory: RebuildMemory
    ) async throws {
        try await withWorld { world in
            try await world.append(.customers(40))
            _ = try await world.administration.rebuild("customers")
            let kept = try await world.rows("customers")
            let customers = try world.definitions.named("customers")
            let line = customers.fold.count { $0 == "\n" } + 2
            let failing = world.administration(
                world.definitions.replacing(
                    customers.changed(
                        fold: customers.fold
                            + "\nUPDATE customers\nSET stream_version = 1 / (CASE id WHEN 'c23' THEN 0 ELSE 1 END);\n")),
                memory: memory)
            let error = await #expect(throws: ProjectionError.self) { try await failing.rebuild("customers") }
            guard case .failing("customers", let failure) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(failure.position == Position(23))
            #expect(failure.file == "customers/fold.sql")
            #expect(failure.line == line)
            #expect(failure.statement?.hasPrefix("UPDATE customers\nSET stream_version") == true)
            #expect(failure.reason.contains("22012"))
            let status = try #require(try await failing.list().first { $0.view == "customers" })
            #expect(status.state == .live)
            #expect(status.building?.failure == failure)
            #expect(status.definitionChanged)
            #expect(try await world.rows("customers") == kept)
        }
    }

    @Test func `needs a definition that compiles, and the line is told where it does not`() async throws {
        try await withWorld { world in
            let customers = try world.definitions.named("customers")
            try await world.administration.check("customers")
            let fold = """
                -- A ';' in a comment, and 'quotes'; /* nested /* ; */ ' */
                UPDATE customers SET name = 'it''s; so' || E'\\';' || $tag$;'$tag$ WHERE "id" = ';';

                UPDATE customers
                SET name = nickname
                FROM batch;
                """
            let broken = world.administration(world.definitions.replacing(customers.changed(fold: fold)))
            for work in [broken.check, { _ = try await broken.rebuild($0) }] as [(String) async throws -> Void] {
                let error = await #expect(throws: ProjectionError.self) { try await work("customers") }
                guard case .failing("customers", let failure) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(failure.file == "customers/fold.sql")
                #expect(failure.line == 5)
                #expect(failure.position == nil)
                #expect(failure.reason.contains("nickname"))
            }
            let tables = customers.tables + "\nCREATE TABLE customers_notes (\n    id nothing\n);\n"
            let wrong = world.administration(world.definitions.replacing(customers.changed(tables: tables)))
            let error = await #expect(throws: ProjectionError.self) { try await wrong.check("customers") }
            guard case .failing("customers", let failure) = error else { return }
            #expect(failure.file == "customers/tables.sql")
            #expect(failure.line == tables.count { $0 == "\n" } - 1)
        }
    }

    @Test func `shows its readers neither an error nor an older position nor a half view`() async throws {
        try await withWorld(poolSize: 12) { world in
            try await world.following(world.runner()) {
                let head = try await world.append(.customers(200))
                try await world.caughtUp(to: head)
                let administration = world.administration(memory: Self.little)
                let rebuilds = Rebuilds()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 1...2 {
                        group.addTask { try await readUntil(world) { rebuilds.count.load(ordering: .acquiring) == 3 } }
                    }
                    group.addTask {
                        for round in 1...3 {
                            try await world.append(.customers(20, from: 200 + round * 20))
                            _ = try await administration.rebuild("customers")
                            rebuilds.count.store(round, ordering: .releasing)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }
}

extension ProjectionWorld {
    /// Schemas of portions that somebody left.
    func bucketSchemas() async throws -> Int {
        let row = try await pool.query(
            "SELECT count(*) AS schemas FROM pg_namespace WHERE starts_with(nspname::text, 'bucket_')")[0]
        return try row.int("schemas")
    }

    func buckets() async throws -> (done: Int, all: Int, firstDone: String?) {
        let row = try await pool.query(
            "SELECT count(done_at) AS done, count(*) AS all_of_them, min(done_at)::text AS first FROM projection_buckets"
        )[0]
        return (try row.int("done"), try row.int("all_of_them"), try row.optionalString("first"))
    }
}
