import Logging
import ServiceLifecycle
import UnixSignals

/// Runs services until SIGINT, SIGTERM or SIGHUP (a terminal that was closed), then shuts them down in order; a second signal ends the process at once.
enum Running {
    static func untilSignal(_ services: [any Service], logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .cancelGroup)
            }, gracefulShutdownSignals: [.sigint, .sigterm, .sighup], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(30)
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// Log lines go to standard error, so that standard output is the answer.
enum Logs {
    static func logger(_ level: Logger.Level) -> Logger {
        var logger = Logger(label: "deploycenter") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}
