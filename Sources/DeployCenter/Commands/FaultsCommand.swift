import ArgumentParser
import Foundation
import Logging
import Simulators

extension Fault: ExpressibleByArgument {}
extension FaultCell.Phase: ExpressibleByArgument {}
extension FaultCell.Times: ExpressibleByArgument {}

/// The fault matrix: what becomes of deployments when the systems that they are made with fail.
struct FaultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract: "Disturb every operation by every fault, once and for ever, and say how each deployment ended.",
        discussion: """
            Runs the real server against its own Postgres and stand-ins for AWS, GitHub and Argo CD, as `deploycenter sandbox` does, \
            with shortened patience. Ends with 1 if any deployment breaks the promise: live with one of everything, or everything \
            taken back, or what remains is named; and no event lost.
            """)

    /// How the matrix is written down.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, markdown
    }

    @Option(help: "text, json or markdown.")
    var format = Format.text

    @Option(help: "Only this operation (efs.CreateAccessPoint) or these (s3.*); may be given several times.")
    var operation: [String] = []

    @Option(help: "Only this fault; may be given several times.")
    var fault: [Fault] = []

    @Option(help: "Only this phase; may be given several times.")
    var phase: [FaultCell.Phase] = []

    @Option(help: "Only once, or only ever.")
    var times: FaultCell.Times?

    @Option(help: "Servers for what goes through the shared repository, where one cell follows the other.")
    var worlds = 6

    @Option(help: "Cells at a time in the server where they go side by side.")
    var inFlight = 24

    @Option(help: "Patience, as DEPLOYCENTER_PATIENCE_PERCENT says it.")
    var patience = 5

    @Option(help: "Seed of the chance by which faults strike.")
    var seed: UInt64 = 1

    @Option(help: "The first server's port; each other one takes the next.")
    var port = 8800

    @Option(help: "Where data and logs lie while it runs; they are removed at the end.")
    var directory = NSTemporaryDirectory() + "deploycenter-faults-\(ProcessInfo.processInfo.processIdentifier)"

    @Flag(help: "Keep data and logs.")
    var keep = false

    func validate() throws {
        guard (1...32).contains(worlds) else { throw ValidationError("--worlds \(worlds): choose 1 to 32.") }
        guard (1...200).contains(inFlight) else { throw ValidationError("--in-flight \(inFlight): choose 1 to 200.") }
        guard (1...1000).contains(patience) else { throw ValidationError("--patience \(patience): choose 1 to 1000.") }
        guard (1024...65_000).contains(port) else { throw ValidationError("--port \(port): choose 1024 to 65000.") }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let terminal = Terminal(environment: environment)
        let home = Home(environment[Setting.home.key])
        guard home.isComplete else {
            throw Failure("there are no Migrations and Projections around here: run this from the checkout.")
        }
        let (operations, faults, phases, times) = (operation, fault, phase, times)
        let matrix = FaultMatrix(
            directory: directory, port: port, home: home, environment: environment,
            wants: { cell in
                (operations.isEmpty || operations.contains { Self.names($0, cell.operation) })
                    && (faults.isEmpty || faults.contains(cell.fault))
                    && (phases.isEmpty || phases.contains(cell.phase))
                    && (times == nil || times == cell.times)
            }, serialWorlds: worlds, inFlight: inFlight, patiencePercent: patience, seed: seed, terminal: terminal,
            logger: Logs.logger(.critical))
        let outcome = await Result { try await matrix.run() }
        if keep {
            terminal.aside("Data and logs are in \(directory).")
        } else {
            try FileManager.default.removeItem(atPath: directory)
        }
        let report = FaultReport(result: try outcome.get())
        switch format {
        case .text: report.write(to: terminal)
        case .json: terminal.line(try JSONOutput.text(report.json))
        case .markdown: terminal.line(report.markdown)
        }
        if !report.isKept { throw ExitCode(1) }
    }

    private static func names(_ wanted: String, _ operation: String) -> Bool {
        wanted.hasSuffix("*") ? operation.hasPrefix(wanted.dropLast()) : wanted == operation
    }
}
