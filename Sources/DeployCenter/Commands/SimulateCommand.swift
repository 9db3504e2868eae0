import ArgumentParser
import Foundation
import Simulation

/// Proves the processes: many simulated lives of deployments, with everything that may fail.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Run the processes through simulated faults, kills and reordering.",
        discussion: """
            One process, no network and no database: the processes as they ship, on a clock that jumps, with models of the log and of \
            the systems outside. The same seed always gives the same story; the first that breaks a promise is told in full. Use a \
            release build: swift run -c release deploycenter simulate.
            """)

    @Option(help: "How many stories.")
    var seeds = 10_000

    @Option(help: "The first seed; without one it is drawn.")
    var seed: UInt64?

    @Option(help: "How many at a time.")
    var lanes = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Tell the story of the first seed, whatever becomes of it.")
    var tell = false

    func validate() throws {
        guard seeds > 0, lanes > 0 else { throw ValidationError("There must be at least one seed and one lane.") }
    }

    func run() async throws {
        let terminal = Terminal(environment: ProcessInfo.processInfo.environment)
        let first = seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
        if tell {
            terminal.line(Story(seed: first).timeline.joined(separator: "\n"))
            return
        }
        let clock = ContinuousClock()
        let begun = clock.now
        let result = await Simulation(first: first, count: seeds).run(lanes: min(lanes, seeds))
        let seconds = max(0.001, (clock.now - begun) / .seconds(1))
        terminal.line(
            "\(result.stories) stories from seed \(first) with \(result.events) events in \(String(format: "%.1f", seconds)) s: "
                + "\(Int(Double(result.stories) / seconds)) a second")
        guard let failed = result.failed else { return }
        terminal.line(failed.timeline.joined(separator: "\n"))
        terminal.aside(
            "Seed \(failed.seed) breaks a promise: \(failed.complaints.joined(separator: "; "))\n"
                + "Again: deploycenter simulate --seed \(failed.seed) --seeds 1")
        throw ExitCode(1)
    }
}
