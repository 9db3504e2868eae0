import Application
import EventSourcing
import Logging
import Postgres
import PostgresProjections
import Synchronization
import TestSupport
import Testing

@Suite struct `The projection runner` {
    @Test func `folds as soon as it is woken`() async throws {
        try await withWorld { world in
            let (stream, bell) = AsyncStream.makeStream(of: Void.self)
            // It would look by itself in an hour only.
            let runner = world.runner(pollInterval: .seconds(3_600), wakeUps: { stream })
            try await world.following(runner) {
                try await world.caughtUp(to: 0)
                let head = try await world.append(.customers(3))
                bell.yield()
                try await world.caughtUp(to: head)
                #expect(try await world.rows("customers").count == 3)
            }
        }
    }

    @Test func `shows a fold that fails, stops its view only, and goes on once it can`() async throws {
        try await withWorld { world in
            try await world.following(world.runner()) { try await world.caughtUp(to: 0) }
            // A row that this one view cannot take.
            let schema = try await world.liveSchema(of: "customers")
            try await world.pool.execute(
                script: "ALTER TABLE \(schema).customers ADD CONSTRAINT none CHECK (id <> 'c1')")
            try await world.following(world.runner()) {
                let head = try await world.append(.customers(3))
                try await eventually("customers is shown as failed") {
                    let statuses = try await world.queries.projectionStatuses()
                    return statuses.contains {
                        $0.view == "customers" && $0.state == .failed && $0.position == .start && $0.lag == head
                            && $0.failure?.reason.contains("none") == true
                    }
                }
                for view in QueryView.allCases where view != .customers {
                    try await world.queries.wait(for: view, until: Position(head), timeoutSeconds: 60)
                }
                #expect(try await world.rows("customers").isEmpty)

                try await world.pool.execute(script: "ALTER TABLE \(schema).customers DROP CONSTRAINT none")
                _ = try await world.administration.retry("customers")
                try await world.queries.wait(for: .customers, until: Position(head), timeoutSeconds: 60)
                #expect(try await world.administration.list().allSatisfy { $0.state == .live && $0.failure == nil })
                #expect(try await world.rows("customers").count == 3)
            }
        }
    }

    @Test func `stops before an event by which Postgres itself fails again and again, and shows it`() async throws {
        try await withWorld { world in
            try await world.following(world.runner()) { try await world.caughtUp(to: 0) }
            let schema = try await world.liveSchema(of: "customers")
            try await world.pool.execute(
                script: """
                    CREATE FUNCTION \(schema).fail() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'the index is broken' USING ERRCODE = 'XX002'; END $$;
                    CREATE TRIGGER fails BEFORE INSERT ON \(schema).customers FOR EACH ROW WHEN (NEW.id = 'c2')
                    EXECUTE FUNCTION \(schema).fail()
                    """)
            try await world.following(world.runner(backoffMin: .milliseconds(1))) {
                let head = try await world.append(.customers(3))
                try await eventually("customers is shown as failed") {
                    try await world.queries.projectionStatuses().contains {
                        $0.view == "customers" && $0.state == .failed && $0.position == Position(1)
                            && $0.failure?.position == Position(2) && $0.failure?.reason.contains("broken") == true
                    }
                }
                try await world.pool.execute(script: "DROP TRIGGER fails ON \(schema).customers")
                _ = try await world.administration.retry("customers")
                try await world.queries.wait(for: .customers, until: Position(head), timeoutSeconds: 60)
                #expect(try await world.rows("customers").count == 3)
            }
        }
    }

    @Test func `keeps a view right while two replicas follow at once`() async throws {
        var history = RandomHistory(SeededRandom(for: "two replicas"))
        let chunks = try (1...20).map { _ in try history.next(20) }
        try await withWorld(poolSize: 16) { world in
            let errors = ErrorCount()
            let logger = Logger(label: "test") { _ in errors }
            try await world.following(
                world.runner(batchMax: 3, logger: logger), world.runner(batchMax: 5, logger: logger)
            ) {
                var head: Int64 = 0
                for chunk in chunks { head = try await world.append(chunk) }
                try await world.caughtUp(to: head)
            }
            for view in QueryView.allCases {
                #expect(try await world.administration.verify(view.rawValue).differences == [], "\(view)")
            }
            #expect(errors.count.load(ordering: .relaxed) == 0, "no replica got in another's way")
        }
    }

    @Test func `follows by the kept definition when the one on disk is another`() async throws {
        try await withWorld { world in
            try await world.following(world.runner()) { try await world.caughtUp(to: 0) }
            let kept = try world.definitions.named("customers")
            let changed = world.definitions.replacing(kept.changed(fold: "SELECT 1 / 0 FROM batch;"))
            try await world.following(world.runner(changed)) {
                let head = try await world.append(.customers(2))
                try await world.caughtUp(to: head)
            }
            #expect(try await world.rows("customers").count == 2)
            let status = try await world.administration(changed).list().first { $0.view == "customers" }
            #expect(status?.digest == kept.digest)
            #expect(status?.definitionChanged == true)
        }
    }

    @Test func `rebuilds a changed view at start where it is told to`() async throws {
        try await withWorld { world in
            let head = try await world.append(.customers(2))
            try await world.following(world.runner()) { try await world.caughtUp(to: head) }
            let changed = world.definitions.replacing(try world.definitions.named("customers").shouting())
            try await world.following(world.runner(changed, rebuildChanged: true)) {
                try await eventually("the names are in capitals") {
                    try await world.rows("customers").allSatisfy { $0.contains("CUSTOMER") }
                }
            }
            #expect(try await world.administration(changed).list().allSatisfy { !$0.definitionChanged })
        }
    }
}

/// Counts what a runner logs as an error.
private final class ErrorCount: LogHandler, Sendable {
    let count = Atomic(0)
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .error }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) { count.add(1, ordering: .relaxed) }
}

extension [LoggedEvent] {
    /// Customers c1, c2 … that were created.
    static func customers(_ count: Int, from first: Int = 1) -> [LoggedEvent] {
        (first..<first + count).map {
            LoggedEvent(
                StreamName(category: "customer", id: "c\($0)"), type: "customer.created",
                payload: #"{"name":"Customer \#($0)"}"#)
        }
    }
}

extension ProjectionWorld {
    func liveSchema(of view: String) async throws -> String {
        try await pool.query(
            "SELECT schema_name FROM projection_generations WHERE view = $1 AND state = 'live'", [.text(view)]
        )[0].string("schema_name")
    }
}

extension ProjectionDefinition {
    /// A definition of `customers` whose names are in capitals.
    func shouting() -> ProjectionDefinition {
        changed(fold: fold + "\nUPDATE customers SET name = upper(name);\n", digest: "1")
    }
}
