import ArgumentParser
import Foundation
import LocalPostgres
import ServiceLifecycle

/// The server.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the server: HTTP API, views, and the deployment process.",
        discussion: "Configured by the environment: see `deploycenter check-config`.")

    @Flag(help: "Also end when standard input ends, so that a parent that dies takes the server along.")
    var untilInputEnds = false

    func run() async throws {
        let configuration = try ServerConfiguration(ProcessInfo.processInfo.environment)
        let logger = Logs.logger(configuration.database.logLevel)
        if configuration.port != 0, configuration.host == "127.0.0.1", !LoopbackPort(configuration.port).isFree {
            throw ConfigurationProblems(
                problems: [
                    "port \(configuration.port) is in use: end what uses it, or set \(Setting.port.key) to another"
                ])
        }
        let server = try await Composition(configuration, logger: logger)
        var services = server.services
        if untilInputEnds { services.append(InputWatch()) }
        let outcome = await Result { try await Running.untilSignal(services, logger: logger) }
        await server.close()
        try outcome.get()
    }
}

/// Ends when standard input does, which ends the group that it is in.
struct InputWatch: Service {
    func run() async throws {
        await cancelWhenGracefulShutdown {
            let (ends, end) = AsyncStream.makeStream(of: Void.self)
            let input = FileHandle.standardInput
            input.readabilityHandler = { handle in
                if handle.availableData.isEmpty { end.finish() }
            }
            for await _ in ends {}
            input.readabilityHandler = nil
        }
    }
}
