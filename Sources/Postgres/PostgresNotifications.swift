package import Logging

/// What a listener learns.
package enum PostgresNotification: Equatable, Sendable {
    /// From here on nothing is missed; what came before this moment has to be read. Comes first and after each reconnection.
    case listening
    case received(payload: String)
}

/// Notifications of one channel, over a connection of its own that comes back by itself. Ends when the task is cancelled.
package struct PostgresNotifications: AsyncSequence, Sendable {
    package typealias Element = PostgresNotification
    package typealias Failure = Never

    let configuration: PostgresConfiguration
    let channel: String
    let logger: Logger

    package init(configuration: PostgresConfiguration, channel: String, logger: Logger) {
        self.configuration = configuration
        self.channel = channel
        self.logger = logger
    }

    package func makeAsyncIterator() -> Iterator { Iterator(source: self) }

    /// Connects, listens and waits, in the consumer's own task.
    package struct Iterator: AsyncIteratorProtocol {
        let source: PostgresNotifications
        private var connection: PostgresConnection?
        private var backoff = Self.backoffMin

        /// A silent connection is asked this often whether it is still there.
        private static let silenceMax: Duration = .seconds(20)
        private static let backoffMin: Duration = .milliseconds(50)
        private static let backoffMax: Duration = .seconds(5)

        init(source: PostgresNotifications) { self.source = source }

        package mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> PostgresNotification? {
            while !Task.isCancelled {
                do throws(PostgresError) {
                    guard let connection else {
                        connection = try await listen()
                        backoff = Self.backoffMin
                        return .listening
                    }
                    return .received(payload: try await wait(on: connection))
                } catch {
                    await connection?.close()
                    connection = nil
                    if Task.isCancelled { return nil }
                    source.logger.warning("listening interrupted", metadata: ["error": "\(error)"])
                    // Sleeping fails only when cancelled, which ends the loop.
                    try? await ContinuousClock().sleep(for: backoff)
                    backoff = Swift.min(backoff * 2, Self.backoffMax)
                }
            }
            await connection?.close()
            connection = nil
            return nil
        }

        private func listen() async throws(PostgresError) -> PostgresConnection {
            let fresh = PostgresConnection(configuration: source.configuration)
            let channel = source.channel
            try await fresh.cancellable { cancellation throws(PostgresError) in
                try await fresh.open(cancellation)
                try await fresh.listen(channel, cancellation)
            }
            return fresh
        }

        private func wait(on connection: PostgresConnection) async throws(PostgresError) -> String {
            while true {
                let payload = try await connection.cancellable { cancellation throws(PostgresError) in
                    try await connection.notification(until: .now + Self.silenceMax, cancellation)
                }
                if let payload { return payload }
                try await connection.query("SELECT 1")
            }
        }
    }
}

extension PostgresPool {
    /// Listens on `channel` beside the pool's own connections.
    package func notifications(channel: String) -> PostgresNotifications {
        PostgresNotifications(configuration: configuration, channel: channel, logger: logger)
    }
}
