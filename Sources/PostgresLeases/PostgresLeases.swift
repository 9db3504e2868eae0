package import Logging
package import Postgres

/// Divides what only one process may do at a time among the replicas, by rows that work through a transaction pooler too.
package struct PostgresLeases: Sendable {
    private let pool: PostgresPool
    private let holder: String
    private let seconds: Int64
    private let logger: Logger

    /// - Parameters:
    ///   - holder: names this process, another one at each start.
    ///   - seconds: how long a lease outlives its last renewal: the work of a holder that died is taken over after that at most.
    package init(pool: PostgresPool, holder: String, seconds: Int64 = 6, logger: Logger) {
        precondition(seconds > 0, "A lease lasts")
        self.pool = pool
        self.holder = holder
        self.seconds = seconds
        self.logger = logger
    }

    /// Between two renewals, and between two looks at what somebody else holds: a third of a lease, so that one lost answer does no harm.
    private var pause: Duration { min(.seconds(2), .seconds(seconds) / 3) }

    /// The lease, if it was free or is this holder's already, which renews it; nil if somebody else has it.
    package func claim(_ name: String) async throws(PostgresError) -> Lease? {
        let rows = try await pool.query(Statement.claim, [.text(name), .text(holder), .int8(seconds)])
        guard let row = rows.first else { return nil }
        return Lease(name: name, token: try row.int64("token"))
    }

    package func release(_ lease: Lease) async throws(PostgresError) {
        try await pool.query(
            Statement.release, [.text(lease.name), .int8(lease.token)], isCancellable: false)
    }

    /// Runs `body` whenever this process holds the lease, until the task is cancelled. `body` is cancelled when the lease is lost,
    /// and begun again with the next one; it is to run until then, and one that returns is begun again too.
    package func whileHeld(_ name: String, _ body: @escaping @Sendable (Lease) async -> Void) async {
        while !Task.isCancelled {
            if let lease = await claimed(name) {
                logger.info("lease taken", metadata: ["lease": "\(name)", "token": "\(lease.token)"])
                await hold(lease, body)
            }
            // Sleeping fails only when cancelled, which the loop sees.
            try? await ContinuousClock().sleep(for: pause)
        }
    }

    private func hold(_ lease: Lease, _ body: @escaping @Sendable (Lease) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body(lease) }
            group.addTask { await keep(lease) }
            await group.next()
            group.cancelAll()
        }
        do throws(PostgresError) {
            try await release(lease)
        } catch {
            // It runs out by itself.
            logger.debug("lease not released", metadata: ["lease": "\(lease.name)", "error": "\(error)"])
        }
    }

    /// Renews until the lease is lost or cannot be renewed in time.
    private func keep(_ lease: Lease) async {
        var renewedAt = ContinuousClock.now
        while ContinuousClock.now - renewedAt < .seconds(seconds) {
            guard (try? await ContinuousClock().sleep(for: pause)) != nil else { return }  // Cancelled.
            do throws(PostgresError) {
                let next = try await pool.query(
                    Statement.claim, [.text(lease.name), .text(holder), .int8(seconds)])
                guard try next.first?.int64("token") == lease.token else { break }
                renewedAt = .now
            } catch {
                logger.warning("lease not renewed", metadata: ["lease": "\(lease.name)", "error": "\(error)"])
            }
        }
        logger.notice("lease lost", metadata: ["lease": "\(lease.name)", "token": "\(lease.token)"])
    }

    private func claimed(_ name: String) async -> Lease? {
        do throws(PostgresError) {
            return try await claim(name)
        } catch {
            logger.warning("lease not asked for", metadata: ["lease": "\(name)", "error": "\(error)"])
            return nil
        }
    }
}

/// A turn at what only one process may do, with the token that fences its writes.
package struct Lease: Equatable, Sendable {
    package let name: String
    package let token: Int64

    package init(name: String, token: Int64) {
        self.name = name
        self.token = token
    }
}

extension PostgresConnection {
    /// Whether the lease has not passed to somebody else, and will not before the transaction ends. A write under a lease asks
    /// this in its own transaction: a holder that lost its lease then writes nothing.
    package nonisolated func holds(_ lease: Lease) async throws(PostgresError) -> Bool {
        try await !query(Statement.hold, [.text(lease.name), .int8(lease.token)]).isEmpty
    }
}

/// The statements of this module; each says in its file what it is for and what its parameters are.
private enum Statement {
    static let claim = text(PackageResources.claim_lease_sql)
    static let hold = text(PackageResources.hold_lease_sql)
    static let release = text(PackageResources.release_lease_sql)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
