import Application
import Domain
import EventSourcing
import Foundation
import HTTPAPI
import HTTPClient
import Logging
import Postgres
import PostgresEventStore
import PostgresProjections
import PostgresTransparencyLog
import ServiceLifecycle
import Synchronization

/// How long after its commit an event shows, at 1,000 events a second: in `deployment_status`, while every view follows, and at a client of
/// the event stream.
struct LiveBench {
    let database: BenchDatabase
    let seconds: Int

    private static let eventsPerSecond = 1000
    /// Deployments under way at a time.
    private static let lanes = 50
    /// Not counted: the first events of a session make the plans that it keeps.
    private static let warmUpSeconds = 2

    func run() async throws -> [BenchFigure] {
        let store = try database.store()
        let definitions = try ProjectionDefinition.load(folder: database.home.projections)
        let runner = ProjectionRunner(
            pool: database.pool, definitions: definitions, wakeUps: { store.wakeUps() }, logger: database.logger)
        let observer = PostgresPool(
            configuration: PostgresConfiguration(database.url, poolSize: 1), logger: database.logger)
        let http = CurlClient(configuration: .init(), logger: database.logger)
        let (visible, received) = (Sightings(), Sightings())
        let outcome = await Result {
            try await withThrowingTaskGroup(of: Void.self, returning: [(Int64, ContinuousClock.Instant)].self) {
                group in
                defer { group.cancelAll() }
                group.addTask { try await runner.run() }
                let (ports, port) = AsyncStream.makeStream(of: Int.self)
                group.addTask { try await serve(store, definitions) { _ = port.yield($0) } }
                group.addTask { try await watch(observer, visible) }
                for await port in ports {
                    group.addTask { try await receive(from: port, http, received) }
                    break
                }
                // What is measured is following, not the first build of eleven views and the taking of their leases.
                let queries = PostgresQueries(pool: observer, definitions: definitions)
                while try await !queries.projectionStatuses().allSatisfy({ $0.state == .live }) {
                    try await ContinuousClock().sleep(for: .milliseconds(50))
                }
                let commits = try await write(to: store)
                let last = commits.map(\.0).max() ?? 0
                while visible.last < last || received.last < last {
                    try await ContinuousClock().sleep(for: .milliseconds(10))
                }
                return commits
            }
        }
        await http.shutdown()
        await observer.close()
        let commits = try outcome.get()
        return [("a view", visible, 50), ("an SSE client", received, 100)].map { name, sightings, goal in
            let delays = Latencies(sightings.delays(of: commits))
            return BenchFigure(
                "commit to \(name), p99", delays.percentile(0.99) * 1000, "ms", goal: .atMost(goal))
        }
    }

    /// The server's own HTTP interface.
    private func serve(
        _ store: PostgresEventStore, _ definitions: [ProjectionDefinition],
        onListening: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let api = HTTPAPI(
            commands: Commands(store: store, surroundings: Surroundings(now: WallClock.now)),
            queries: PostgresQueries(pool: database.pool, definitions: definitions),
            projections: PostgresProjectionAdministration(
                pool: database.pool, definitions: definitions, logger: database.logger),
            subscriptions: PostgresSubscriptions(pool: database.pool), store: store,
            auditLog: PostgresAuditLog(pool: database.pool, keys: try AuditKeys(signers: [])), people: store.vault,
            effects: PostgresEffectStore(pool: database.pool), tokens: OpenDoor(),
            configuration: .init(host: "127.0.0.1", port: 0, onListening: onListening),
            logger: database.logger)
        try await api.service().run()
    }

    /// Positions and when their appends were answered.
    private func write(to store: PostgresEventStore) async throws -> [(Int64, ContinuousClock.Instant)] {
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: [(Int64, ContinuousClock.Instant)].self) { group in
            for lane in 0..<Self.lanes {
                group.addTask {
                    var commits: [(Int64, ContinuousClock.Instant)] = []
                    let each = Self.eventsPerSecond * (Self.warmUpSeconds + seconds) / Self.lanes
                    for count in 0..<each {
                        let due = Double(count * Self.lanes + lane) / Double(Self.eventsPerSecond)
                        try await ContinuousClock().sleep(until: start + .seconds(due))
                        let (deployment, version) = count.quotientAndRemainder(dividingBy: BenchHistory.story.count)
                        let stream = StreamName(category: "deployment", id: "c\(lane)-shop\(deployment)-production")
                        let outcome = try await store.append(
                            Append(
                                [
                                    StreamAppend(
                                        stream, expected: version == 0 ? .noStream : .exactly(version),
                                        events: [
                                            NewEvent(
                                                id: EventID(UUID().uuidString.lowercased()),
                                                form: BenchHistory.story[version].stored)
                                        ])
                                ], metadata: BenchEvent.metadata))
                        if due >= Double(Self.warmUpSeconds) { commits.append((outcome.position.rawValue, .now)) }
                    }
                    return commits
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Looks at the view's position again and again.
    private func watch(_ pool: PostgresPool, _ visible: Sightings) async throws {
        let statement = try database.script("position_of_view.sql")
        while !Task.isCancelled {
            let rows = try await pool.query(statement)
            visible.see(try rows.first?.int64("position") ?? 0, at: .now)
            try await ContinuousClock().sleep(for: .milliseconds(1))
        }
    }

    private func receive(from port: Int, _ http: CurlClient, _ received: Sightings) async throws {
        guard let server = Endpoint("http://127.0.0.1:\(port)") else { return }
        let feed = EventFeed(client: APIClient(server: server, token: "bench", http: http), query: [])
        try await feed.read(after: 0) { event in
            received.see(event["position"]?.integer ?? 0, at: .now)
            return true
        }
    }
}

/// When each position was first seen somewhere; positions come in order.
final class Sightings: Sendable {
    private let seen = Mutex<[(position: Int64, at: ContinuousClock.Instant)]>([])

    var last: Int64 { seen.withLock { $0.last?.position ?? 0 } }

    func see(_ position: Int64, at moment: ContinuousClock.Instant) {
        seen.withLock { if position > $0.last?.position ?? 0 { $0.append((position, moment)) } }
    }

    /// Seconds from each commit until its position, or a later one, was seen; 0 if that was before the commit was answered.
    func delays(of commits: [(Int64, ContinuousClock.Instant)]) -> [Double] {
        let seen = seen.withLock { $0 }
        var index = 0
        return commits.sorted { $0.0 < $1.0 }.compactMap { position, committed in
            while index < seen.count, seen[index].position < position { index += 1 }
            return index < seen.count ? max(0, (seen[index].at - committed).seconds) : nil
        }
    }
}

/// Lets the bench's own client in: who may do what is not what is measured.
struct OpenDoor: TokenVerification {
    func verify(token: String) async throws(TokenRejection) -> Principal {
        Principal(subject: "bench", username: "bench", displayName: nil, roles: [.viewer])
    }
}
