import ArgumentParser
import Foundation
import Logging
import Simulators

/// How long the sandbox's stand-ins take.
enum SandboxPace: String, ExpressibleByArgument, Sendable {
    case believable, immediate

    var pace: Pace { self == .immediate ? .immediate : .believable }
}

/// Everything on this machine, to look at and to try.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run DeployCenter with its own Postgres and stand-ins for AWS, GitHub, Argo CD and Keycloak.",
        discussion: "The first start plays the demo: a customer, two clusters, and Odoo from request to live.")

    @Flag(help: "Play the demo and end; fails if the application is not live.")
    var demo = false

    @Flag(help: "Do not play the demo on the first start.")
    var withoutDemo = false

    @Option(help: "Where the sandbox keeps its data between runs.")
    var directory = ".sandbox"

    @Option(help: "The server's port; the next five are used too.")
    var port = 8700

    @Option(help: "How long the stand-ins take: believable or immediate.")
    var pace = SandboxPace.believable

    func validate() throws {
        guard (1024...65530).contains(port) else {
            throw ValidationError("--port \(port): choose one from 1024 to 65530.")
        }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let home = Home(environment[Setting.home.key])
        guard home.isComplete else {
            throw Failure("there are no Migrations and Projections around here: run this from the checkout.")
        }
        let logger = Logs.logger(.critical)
        let path = directory.hasPrefix("/") ? directory : FileManager.default.currentDirectoryPath + "/" + directory
        let sandbox = Sandbox(
            directory: path, ports: SandboxPorts(server: port), home: home, pace: pace,
            demo: demo ? .andEnd : withoutDemo ? .never : .once, terminal: Terminal(environment: environment),
            environment: environment, now: WallClock.now, logger: logger)
        try await Running.untilSignal([sandbox], logger: logger)
    }
}
