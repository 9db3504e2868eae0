package import Logging
import Synchronization

/// A bounded set of connections, opened when needed, lent to one caller at a time and replaced when broken.
package final class PostgresPool: Sendable {
    package let configuration: PostgresConfiguration
    let logger: Logger
    private let queue: Mutex<PoolQueue>

    /// A connection that rested this long is looked at before it is lent: the server may have gone meanwhile.
    private static let restUnchecked: Duration = .milliseconds(50)

    package init(configuration: PostgresConfiguration, logger: Logger = Logger(label: "deploycenter.postgres")) {
        self.configuration = configuration
        self.logger = logger
        self.queue = Mutex(PoolQueue(size: configuration.poolSize))
    }

    /// Lends a connection to `body`. A transaction that `body` leaves open is rolled back.
    @discardableResult
    package func withConnection<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await acquire()
        do {
            let value = try await body(connection)
            await release(connection)
            return value
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Commits what `body` did, or rolls it back if it throws.
    @discardableResult
    package func withTransaction<Value>(
        _ mode: PostgresTransactionMode = .readCommitted, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await withConnection { try await $0.transaction(mode, body) }
    }

    /// Runs one statement on any connection. One that is not cancellable goes on to its end once it has begun.
    ///
    /// - Parameter work: names work whose plans a session keeps, so that it meets the same session again where it can. Few names: each
    ///   takes up to a connection.
    @discardableResult
    package func query(
        _ sql: String, _ parameters: [PostgresValue] = [], isCancellable: Bool = true, work: String? = nil
    ) async throws(PostgresError) -> PostgresRows {
        try await once(work) { connection throws(PostgresError) in
            try await connection.query(sql, parameters, isCancellable: isCancellable)
        }
    }

    /// Runs a query whose rows may be large on any connection: values in binary form, no more once they are `bytesMax` bytes.
    package func page(
        _ sql: String, _ parameters: [PostgresValue], bytesMax: Int
    ) async throws(PostgresError) -> PostgresPage {
        try await once { connection throws(PostgresError) in
            try await connection.page(sql, parameters, bytesMax: bytesMax)
        }
    }

    /// Runs a script of several statements on any connection.
    @discardableResult
    package func execute(script: String) async throws(PostgresError) -> PostgresRows {
        try await once { connection throws(PostgresError) in try await connection.execute(script: script) }
    }

    /// Refuses new callers, closes what rests, and closes what is lent when it comes back.
    package func close() async {
        let (resting, waiting) = queue.withLock { $0.close() }
        for waiter in waiting { waiter.resume(returning: .refused(.cannotConnect(reason: "the pool is closed"))) }
        for connection in resting { await connection.close() }
    }

    private func once<Answer: Sendable>(
        _ work: String? = nil, _ body: (PostgresConnection) async throws(PostgresError) -> Answer
    ) async throws(PostgresError) -> Answer {
        let connection = try await acquire(for: work)
        do throws(PostgresError) {
            let answer = try await body(connection)
            await release(connection, after: work)
            return answer
        } catch {
            await release(connection, after: work)
            throw error
        }
    }

    private func acquire(for work: String? = nil) async throws(PostgresError) -> PostgresConnection {
        switch try await turn(for: work) {
        case .connection(let connection, let restedSince):
            if ContinuousClock.now - restedSince < Self.restUnchecked { return connection }
            if await connection.looksAlive() { return connection }
            logger.debug("database connection replaced")
            await connection.close()
            return try await open()
        case .permission: return try await open()
        case .refused(let error): throw error
        }
    }

    private func turn(for work: String?) async throws(PostgresError) -> PoolTurn {
        if let turn = queue.withLock({ $0.take(for: work) }) { return turn }
        let timeout = configuration.acquireTimeout
        return await withTaskGroup(of: PoolTurn?.self) { group in
            group.addTask { await self.waitForTurn() }
            group.addTask {
                // Sleeping fails only when cancelled, and then the other child answers.
                try? await ContinuousClock().sleep(for: timeout)
                return nil
            }
            let first = await group.next()
            group.cancelAll()
            if let turn = first ?? nil { return turn }
            // What was handed over in the last moment is taken all the same.
            let last = await group.next()
            if let turn = last ?? nil, !turn.isRefused { return turn }
            return .refused(Task.isCancelled ? .cancelled : .poolExhausted)
        }
    }

    private func waitForTurn() async -> PoolTurn {
        let ticket = queue.withLock { $0.ticket() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn = queue.withLock { queue -> PoolTurn? in
                    if Task.isCancelled { return .refused(.cancelled) }
                    if let turn = queue.take() { return turn }
                    queue.wait(ticket, continuation)
                    return nil
                }
                if let turn { continuation.resume(returning: turn) }
            }
        } onCancel: {
            queue.withLock { $0.leave(ticket) }?.resume(returning: .refused(.cancelled))
        }
    }

    private func open() async throws(PostgresError) -> PostgresConnection {
        let connection = PostgresConnection(configuration: configuration)
        do throws(PostgresError) {
            try await connection.cancellable { cancellation throws(PostgresError) in
                try await connection.open(cancellation)
            }
            return connection
        } catch {
            await connection.close()
            pass(queue.withLock { $0.giveBack(nil) })
            throw error
        }
    }

    private func release(_ connection: PostgresConnection, after work: String? = nil) async {
        var condition = connection.condition.withLock { $0 }
        if condition.isInTransaction, !condition.isBroken {
            // A rollback fails only with the connection, which the next line sees.
            _ = try? await connection.finish("ROLLBACK")
            condition = connection.condition.withLock { $0 }
        }
        let isUsable = !condition.isBroken && !queue.withLock { $0.isClosed }
        if !isUsable { await connection.close() }
        pass(queue.withLock { $0.giveBack(isUsable ? connection : nil, after: work) })
    }

    private func pass(_ next: (waiter: CheckedContinuation<PoolTurn, Never>, turn: PoolTurn)?) {
        if let next { next.waiter.resume(returning: next.turn) }
    }
}
