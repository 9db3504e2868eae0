import Logging
import Postgres
import PostgresEventStore

/// Waits for a database that is not there yet: servers and databases start in any order.
struct DatabaseArrival {
    let migrator: Migrator
    let patience: Duration
    let logger: Logger

    private static let pauseMax = Duration.seconds(10)

    /// Refuses a database that this build does not fit, once there is one.
    func requireCurrent() async throws {
        let end = ContinuousClock.now + patience
        var pause = Duration.seconds(1)
        while true {
            do {
                return try await migrator.requireCurrent()
            } catch let error as PostgresError where error.isAbsence && .now + pause <= end {
                logger.warning(
                    "waiting for Postgres",
                    metadata: ["error": "\(error)", "again.in": "\(pause.components.seconds) s"])
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, Self.pauseMax)
        }
    }
}

extension PostgresError {
    /// Nobody answers, or a server that only starts or stops.
    fileprivate var isAbsence: Bool {
        switch self {
        case .cannotConnect, .connectionLost: true
        case .server, .poolExhausted, .cancelled, .timedOut, .decoding: false
        }
    }
}
